import * as v from 'valibot'
import { isCoordinatorUrl } from '../kernel/safe-url.ts'
import { date, described, hexId, lifetime, name, variable } from '../kernel/fields.ts'
import {
  AUTH_ROLES,
  type CredentialForm,
  type GateConfiguration,
  type ProbeConfiguration,
  type ProbeDescriptor,
  type ProbesSchema
} from '../kernel/kinds.ts'
import type { Configuration } from './configuration.ts'
import type { Kinds } from './kinds.ts'

/** Most credentials that a configuration may have. */
export const MAX_CREDENTIALS = 500
/** Most destinations that a rotation may have. */
const MAX_DESTINATIONS = 50

/** Most rollout gates that a rotation may have. */
const MAX_GATES = 20

/** Most channels that a failing run reports to. */
const MAX_ALERTS = 10

/** One variable name, or several that are tried in order. */
const variables = v.union(
  [variable, v.pipe(v.array(variable), v.minLength(1, 'must name at least one variable'))],
  'must be the name of an environment variable, or a list of such names: A-Z, 0-9 and _'
)

const role = (description: string) => described(v.optional(variables, 'CLOUDFLARE_API_TOKEN'), description)

const auth = v.strictObject({
  tokens: role(AUTH_ROLES.tokens),
  secrets: role(AUTH_ROLES.secrets),
  access: role(AUTH_ROLES.access),
  workers: role(AUTH_ROLES.workers),
  lock: role(AUTH_ROLES.lock),
  email: role(AUTH_ROLES.email)
})

const revoke = v.strictObject({
  after: described(
    v.optional(v.picklist(['verify', 'next-rotation'], 'must be verify or next-rotation')),
    'When an old credential is revoked: `verify`, once its successor works (the default with a single slot), or `next-rotation` (the default ' +
      'with two slots, and the only choice there).'
  ),
  'in-use': described(
    v.optional(v.picklist(['keep', 'ignore'], 'must be keep or ignore'), 'keep'),
    'What to do with an old credential that was used after its successor was promoted.'
  ),
  'wait-for-runs': described(
    v.optional(v.boolean('must be true or false')),
    'Keep the old credential until workflow runs that may still hold it have ended; the default with a single slot and a GitHub secret.'
  )
})

const coordinator = v.strictObject({
  url: described(
    v.pipe(
      v.string('must be the https URL of the coordinator'),
      v.check(
        isCoordinatorUrl,
        'must be the https URL of the coordinator, without a user, a query or a fragment (http only on this machine)'
      )
    ),
    'Where the Worker in `coordinator/` is deployed.'
  ),
  token: described(variable, 'The environment variable that holds what the Worker has as `REPORT_TOKEN`.'),
  'slots-token': described(
    v.optional(variable),
    'The environment variable that holds what the Worker has as `SLOTS_TOKEN`, for `seen-by`; left out, that of `token`.'
  )
})

const HOME = 'must be a text of 1 to 200 characters (in quotes if they are all digits)'
/** Kept as it is written: a hash is made of it, unless it is one. */
const home = v.pipe(v.string(HOME), v.minLength(1, HOME), v.maxLength(200, HOME), v.regex(/\S/, HOME))

const warn = described(v.optional(lifetime, '14d'), 'How long before its end a run says so and fails.')

/** A credential that is not rotated. */
const watched = v.union(
  [
    v.strictObject({
      name,
      token: described(
        variable,
        'The environment variable that holds an API token, which tells its own end.'
      ),
      warn
    }),
    v.strictObject({
      name,
      expires: date('The end of what cannot be asked, e.g. `2027-03-01`.'),
      warn
    })
  ],
  'must have a name, and either token or expires'
)

/** Makes the schema of `.github/rotation.yml`: the one source of its validation and of the published JSON schema. */
export function createConfigurationSchema(kinds: Kinds): v.GenericSchema<unknown, Configuration> {
  const lock = v.variant(
    'type',
    kinds.locks.map(({ schema }) => schema),
    listTypes(kinds.locks)
  )
  return v.strictObject({
    version: described(v.literal(1, 'must be 1, the only version there is'), 'The version of this format.'),
    'account-id': described(hexId('the id of a Cloudflare account'), 'The Cloudflare account.'),
    auth: described(
      v.optional(auth, {}),
      'Names of environment variables that hold the tokens; of a list, the first that works is used.'
    ),
    lock: described(
      v.optional(lock, { type: 'none' }),
      "What keeps two runs of a rotation apart; left out, the workflow's concurrency group alone."
    ),
    watch: described(
      v.optional(v.array(watched, 'must be a list of watched credentials'), []),
      'Credentials that are not rotated, and told about before they end.'
    ),
    alert: v.pipe(
      described(
        v.optional(createAlertsSchema(kinds), { type: 'issue' }),
        'Where a failing run says so: one channel, or a list.'
      ),
      v.transform((given) => [given].flat())
    ),
    heartbeat: described(
      v.optional(variable),
      'The environment variable that holds a URL which is fetched after each run that ended well.'
    ),
    coordinator: described(v.optional(coordinator), 'The coordinator that every run reports its end to.'),
    home: described(
      v.optional(home),
      'Whose rotations these are, where the default (repository and the place that feeds the next run) will not do.'
    ),
    rotations: described(
      v.optional(
        v.pipe(
          v.array(createRotationSchema(kinds), 'must be a list of rotations'),
          v.maxLength(MAX_CREDENTIALS, `must hold at most ${MAX_CREDENTIALS} rotations`)
        ),
        []
      ),
      'Credentials that are promoted together, all or nothing; may be left out where there is a `watch`.'
    )
  })
}

function createAlertsSchema({ alerts }: Kinds) {
  const alert = v.variant(
    'type',
    alerts.map(({ schema }) => schema),
    listTypes(alerts)
  )
  const list = v.pipe(
    v.array(alert),
    v.minLength(1, 'must hold at least one alert'),
    v.maxLength(MAX_ALERTS, `must hold at most ${MAX_ALERTS} alerts`)
  )
  return v.union([alert, list], listTypes(alerts))
}

function createRotationSchema({ credentials, destinations, probes, gates }: Kinds) {
  const credential = v.variant(
    'type',
    credentials.map((kind) => kind.schema(createProbesSchema(probes, kind.form))),
    listTypes(credentials)
  )
  const destination = v.variant(
    'type',
    destinations.map(({ schema }) => schema),
    listTypes(destinations)
  )
  return v.strictObject({
    name,
    every: described(
      v.optional(lifetime),
      'Time between rotations, of which five minutes may be missing; left out, every run rotates.'
    ),
    credentials: v.pipe(
      v.array(credential, 'must be a list of credentials'),
      v.minLength(1, 'must hold at least one credential'),
      v.maxLength(MAX_CREDENTIALS, `must hold at most ${MAX_CREDENTIALS} credentials`)
    ),
    destinations: v.pipe(
      v.array(destination, 'must be a list of destinations'),
      v.minLength(1, 'must hold at least one destination'),
      v.maxLength(MAX_DESTINATIONS, `must hold at most ${MAX_DESTINATIONS} destinations`)
    ),
    revoke: v.optional(revoke, {}),
    rollout: described(
      v.optional(
        v.pipe(
          v.array(createGateSchema(gates), 'must be a list of gates'),
          v.maxLength(MAX_GATES, `must hold at most ${MAX_GATES} gates`)
        ),
        []
      ),
      'Gates that must pass, in this order, before anything that a slot held is revoked; if one does not, everything is undone.'
    )
  })
}

function createGateSchema(kinds: Kinds['gates']): v.GenericSchema<unknown, GateConfiguration> {
  const keys = formatChoices(kinds.map(({ key }) => key))
  return v.union(
    kinds.map(({ schema }) => schema),
    `must be a gate with one key: ${keys}`
  )
}

function createProbesSchema(
  kinds: readonly ProbeDescriptor<ProbeConfiguration>[],
  form: CredentialForm
): ProbesSchema {
  const suiting = kinds.filter(({ suits }) => suits.includes(form))
  const [only, ...others] = suiting.map(({ schema }) => schema)
  if (only === undefined) throw new TypeError(`No kind of probe suits the form ${form}`)
  const keys = formatChoices(suiting.map(({ key }) => key))
  const probe =
    others.length === 0 ? only : v.union([only, ...others], `must be a probe with one key: ${keys}`)
  return v.optional(v.array(probe), [])
}

function listTypes(kinds: readonly { readonly type: string }[]): string {
  return `must have a type: ${formatChoices(kinds.map(({ type }) => type))}`
}

function formatChoices(choices: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(choices)
}
