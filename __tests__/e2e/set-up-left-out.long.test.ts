import { afterEach, describe, expect, it } from '@jest/globals'
import { Newcomer, type Thing } from './newcomer.ts'
import { foundBy, outcomeOf } from './played-record.ts'
import type { Played } from './played-workflow.ts'

/** Everything that the set-up tells a newcomer to create. */
const { things: THINGS } = new Newcomer().doEverything()

let newcomer: Newcomer
afterEach(() => newcomer.close())

const check = () => newcomer.start({ command: 'check' })

/** For each kind of thing, what a check reports if it was left out. */
const MISSED: Readonly<Record<string, (thing: Thing, played: Played) => void>> = {
  namespace: (_thing, played) => expectFound(played, /^no-access: The lock .* → Check lock\.namespace-id/),
  store: (_thing, played) => expectFound(played, /^no-access: .*store_not_found.* → .*store-id/),
  'token permission': ({ name }, played) => {
    const [permission, secret] = name.split(' of ')
    expectFound(played, new RegExp(`^no-access: .*\\$${secret!} .* → .*${permission!}`))
  },
  'App permission': (_thing, played) => {
    expect(played.failures).toEqual([expect.stringContaining('permissions requested are not granted')])
    expectFound(played, /^missing-value: github-secrets-token: .* → .*see why it failed/)
  },
  secret: ({ name }, played) => {
    if (name.startsWith('ROTATION_APP_')) expectFound(played, /^missing-value: github-secrets-token: /)
    else expectFound(played, new RegExp(`^missing-value: .*${name} is not set .* → Store the value`))
  },
  variable: (_thing, played) => {
    expect(played.failures).toEqual([expect.stringMatching(/^app: The client-id/)])
    expectFound(played, /^missing-value: github-secrets-token: /)
  },
  file: ({ name }, { result }) => {
    expect(result!.failed).toBe(true)
    expect(result!.main.log).toContain(`${name}: there is no such file`)
  },
  'job permission': ({ name }, played) => {
    if (name === 'contents') expect(played.failures).toEqual([expect.stringMatching(/^actions\/checkout/)])
    if (name === 'issues') expectFound(played, /^alert: .* → .*`permissions: issues: write`/)
    if (name === 'actions') expectFound(played, /^no-access: .*schedule.* → .*`permissions: actions: read`/)
  },
  'variable of the step': ({ name }, played) => {
    if (name.startsWith('SECONDARY_')) expectFound(played, /^missing-value: .*→ Add this line to `env`/)
    else expectFound(played, new RegExp(`^missing-value: .*${name}: \\$\\{\\{ secrets\\.${name} \\}\\}`))
  }
}

function expectFound(played: Played, finding: RegExp): void {
  expect(foundBy(played)).toContainEqual(expect.stringMatching(finding))
}

describe('a newcomer who leaves one thing out', () => {
  it('can leave out everything that a rotation depends on', () => {
    newcomer = new Newcomer()
    expect([...new Set(THINGS.map(({ kind }) => kind))].sort()).toEqual(Object.keys(MISSED).sort())
    expect(THINGS.length).toBeGreaterThanOrEqual(20)
  })

  it.each(THINGS)(
    'is told by the check that the $kind $name is missing',
    async (thing) => {
      newcomer = new Newcomer(thing).doEverything()
      // A check misses SECONDARY only if there is one.
      if (thing.name.startsWith('SECONDARY_')) await newcomer.start({})
      MISSED[thing.kind]!(thing, await check())
    },
    60_000
  )

  it('gets an issue from a rotation when the step that creates the token of the App has failed', async () => {
    newcomer = new Newcomer({ kind: 'secret', name: 'ROTATION_APP_PRIVATE_KEY' }).doEverything()
    const played = await newcomer.start({ command: 'rotate' })
    expect(outcomeOf(played)).toBe('failed')
    expect(played.result!.main.log).toContain('github-secrets-token: is not set')
    expect(newcomer.repository.issues.map(({ state }) => state)).toEqual(['open'])
  }, 60_000)
})
