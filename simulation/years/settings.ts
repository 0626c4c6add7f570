import { COORDINATOR_URL } from '../coordinator-fetch.ts'
import * as v from 'valibot'
import { R2_KEY } from '../../sandbox/configurations.ts'
import { seedR2Files } from '../../sandbox/seed-r2.ts'
import { duration } from '../../src/kernel/fields.ts'
import { configure, IN_PLACE, TWO_SLOTS } from '../configurations.ts'
import { putIntoPrimary } from '../kinds.ts'
import { useSynchronousSigning } from '../synchronous-signing.ts'
import { DAY } from '../times.ts'
import { BOOTSTRAP, type World, type WorldOptions } from '../world.ts'

/** What starts the runs. */
export type Trigger = 'cron' | 'coordinator'

/** Rotation with its interval, lifetime and trigger, whose years are simulated. */
export interface Setting {
  readonly name: string
  readonly credential: string
  readonly trigger: Trigger
  /** Interval of the trigger, as a duration and in milliseconds. */
  readonly starts: string
  readonly startsMs: number
  /** Interval of the rotation; undefined: every run rotates. */
  readonly every: string | undefined
  readonly ttl: string
  readonly ttlMs: number
  /** Longest time without a run that ended well in which a consumer keeps a slot that works: `ttl` less `every`, or `ttl` where every run rotates. */
  readonly survivesMs: number
  /** What the documentation promises: that no minute lapses, that none lapses outside outages, or nothing, since it advises against it. */
  readonly holds: 'always' | 'outside outages' | 'not'
  readonly configuration: string
  readonly world: WorldOptions
  readonly prepare?: (world: World) => void
  /** Whether the rotation creates its tokens with those that it rotates, so that a person must replace them when they have ended. */
  readonly renewsItself: boolean
}

/** Credential and how it is rotated. */
interface Family {
  readonly credential: string
  readonly base: string
  readonly world: WorldOptions
  readonly prepare?: (world: World) => void
  readonly renewsItself: boolean
}

/** What they report with. */
export const REPORT_TOKEN = {
  variable: 'REPORT_TOKEN',
  value: 'report-token-of-the-simulated-years'
} as const

const longLived = { ttlMs: 40_000 * DAY }
/** One deploy token, as in the README: what creates it is not rotated. */
const DEPLOY = `
version: 1
account-id: 023e105f4ecef8ad9ca31a8372d0c353
auth: { tokens: PRIMARY_TOKEN_CREATION_TOKEN }
lock: { type: kv, namespace-id: 0f2ac74b498b48028cb68387c421e279 }
rotations:
  - name: deploy
    credentials:
      - name: deploy
        type: account-token
        ttl: 21d
        secrets: { value: { primary: PRIMARY_SECRET_EDIT_TOKEN, secondary: SECONDARY_SECRET_EDIT_TOKEN } }
    destinations:
      - { type: github-secret, repository: octo-org/ops, environment: rotation }
      - { type: github-secret, repository: octo-org/ops, environment: production }
`

const PAIR: Family = {
  credential: 'tokens that renew themselves',
  base: BOOTSTRAP,
  world: { ...longLived, withStoredSecrets: true },
  renewsItself: true
}
const TWO_SLOT_TOKEN: Family = {
  credential: 'deploy token, two slots',
  base: DEPLOY,
  world: longLived,
  prepare: addProduction,
  renewsItself: false
}
const ONE_SLOT_TOKEN: Family = {
  ...TWO_SLOT_TOKEN,
  credential: 'deploy token, one slot',
  base: configure(DEPLOY, { credential: { secrets: { value: 'PRIMARY_SECRET_EDIT_TOKEN' } } })
}
const R2: Family = {
  credential: 'R2 key, two slots',
  base: configure(R2_KEY, {
    credential: {
      secrets: {
        'access-key-id': { primary: 'R2_ACCESS_KEY_ID', secondary: 'SECONDARY_R2_ACCESS_KEY_ID' },
        'secret-access-key': { primary: 'R2_SECRET_ACCESS_KEY', secondary: 'SECONDARY_R2_SECRET_ACCESS_KEY' }
      }
    }
  }),
  world: longLived,
  prepare: ({ sandbox, account }) => {
    useSynchronousSigning()
    seedR2Files(sandbox, account)
  },
  renewsItself: false
}
const access = { world: { access: true, ...longLived }, renewsItself: false }
const ACCESS_IN_PLACE: Family = { ...access, credential: 'Access, one slot, `rotate`', base: IN_PLACE }
const ACCESS_TWO_SLOTS: Family = {
  ...access,
  credential: 'Access, two slots',
  base: TWO_SLOTS,
  prepare: putIntoPrimary
}

/** Every setting that `npm run years` simulates. */
export const SETTINGS: readonly Setting[] = [
  setting('tokens-2h', PAIR, { trigger: 'cron', starts: '1h', ttl: '2h' }),
  setting('tokens-2h', PAIR, { trigger: 'coordinator', starts: '1h', ttl: '2h' }, 'outside outages'),
  setting('tokens-24h', PAIR, { trigger: 'cron', starts: '2h', every: '8h', ttl: '24h' }),
  setting('tokens-24h', PAIR, { trigger: 'coordinator', starts: '1h', every: '4h', ttl: '24h' }, 'always'),
  ...both('tokens-48h', PAIR, { starts: '2h', every: '8h', ttl: '48h' }),
  ...both('tokens-4d', PAIR, { starts: '6h', every: '1d', ttl: '4d' }),
  ...both('deploy-21d', TWO_SLOT_TOKEN, { starts: '1d', every: '7d', ttl: '21d' }),
  ...both('deploy-60d', ONE_SLOT_TOKEN, { starts: '1d', every: '30d', ttl: '60d' }),
  ...both('r2-90d', R2, { starts: '1d', every: '30d', ttl: '90d' }),
  ...both('access-one-slot', ACCESS_IN_PLACE, { starts: '1d', every: '30d', ttl: '8760h' }),
  ...both('access-two-slots', ACCESS_TWO_SLOTS, { starts: '1d', every: '30d', ttl: '8760h' })
]

/** Returns the setting of that name. */
export function getSetting(name: string): Setting {
  const found = SETTINGS.find((one) => one.name === name)
  if (found === undefined)
    throw new Error(`there is no setting ${name}; there are ${SETTINGS.map((one) => one.name).join(', ')}`)
  return found
}

interface Times {
  readonly trigger: Trigger
  readonly starts: string
  readonly every?: string
  readonly ttl: string
}

/** The same rotation with GitHub's cron and with the coordinator. */
function both(name: string, family: Family, times: Omit<Times, 'trigger'>): readonly Setting[] {
  return [
    setting(name, family, { ...times, trigger: 'cron' }, 'always'),
    setting(name, family, { ...times, trigger: 'coordinator' }, 'always')
  ]
}

function setting(
  name: string,
  { base, ...family }: Family,
  { trigger, starts, every, ttl }: Times,
  holds: Setting['holds'] = 'not'
): Setting {
  const isAccess = family.world.access === true
  return {
    ...family,
    ...{ name: `${name}-${trigger}`, trigger, starts, every, ttl, holds },
    startsMs: parse(starts),
    ttlMs: parse(ttl),
    survivesMs: parse(ttl) - (every === undefined ? 0 : parse(every)),
    configuration: configure(base, {
      ...(every === undefined ? {} : { rotation: { every } }),
      credential: isAccess ? { duration: ttl } : { ttl },
      ...(trigger === 'cron'
        ? {}
        : { top: { coordinator: { url: COORDINATOR_URL, token: REPORT_TOKEN.variable } } })
    })
  }
}

function parse(text: string): number {
  return v.parse(duration, text)
}

function addProduction({ account }: World): void {
  account.repository.addEnvironment('production')
}
