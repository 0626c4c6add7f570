import { afterEach, describe, expect, it } from '@jest/globals'
import { Newcomer } from './newcomer.ts'
import { foundBy, outcomeOf, recordOf } from './played-record.ts'
import type { Played } from './played-workflow.ts'
import { readSetUp } from './quick-start.ts'

const STEPS = readSetUp()
/** Everything that the set-up tells a newcomer to create. */
const { things: THINGS } = new Newcomer().doEverything()

let newcomer: Newcomer
afterEach(() => newcomer.close())

const check = () => newcomer.start({ command: 'check' })

describe('a newcomer who follows docs/set-up-api-tokens.md from an empty account', () => {
  it('is led by the check from step to step to rotations that succeed', async () => {
    newcomer = new Newcomer()
    const step = (title: string) => {
      const found = STEPS.find((one) => one.title === title)
      if (found === undefined) throw new Error(`the page has no step "${title}"`)
      return found
    }
    const missing: Record<string, (played: Played) => void> = {
      Configuration: ({ result }) => {
        expect(result!.main.outputs['outcome']).toBe('failed')
        expect(result!.main.log).toContain('.github/rotation.yml: there is no such file')
      },
      'Cloudflare resources and tokens': (played) => expectValuesMissing(played),
      'GitHub App': (played) => {
        expectValuesMissing(played)
        expect(foundBy(played)).toContainEqual(
          expect.stringMatching(/^missing-value: github-secrets-token: .* → .*GitHub App/)
        )
      },
      Environment: (played) => {
        expectValuesMissing(played)
        expect(played.failures).toEqual([expect.stringMatching(/^app: The client-id/)])
      },
      'Check, then rotate': (played) => expectHealthy(played)
    }
    newcomer.do(step('Workflow'))
    for (const title of [
      'Configuration',
      ...STEPS.map((one) => one.title).filter((one) => one !== 'Workflow' && one !== 'Configuration')
    ]) {
      const expectMissing = missing[title]
      if (expectMissing === undefined)
        throw new Error(`nothing is known of what is missing before "${title}"`)
      expectMissing(await check())
      newcomer.do(step(title))
    }

    const first = await newcomer.start({})
    expect({ outcome: outcomeOf(first), failed: first.result!.failed }).toEqual({
      outcome: 'rotated',
      failed: false
    })
    const after = await check()
    expect(outcomeOf(after)).toBe('healthy')
    expect(foundBy(after).join('\n')).not.toContain('first-rotation')
    expect(outcomeOf(await newcomer.startOnSchedule())).toBe('not-due')
    expect(outcomeOf(await newcomer.start({ force: 'true' }))).toBe('rotated')
    expect(outcomeOf(await check())).toBe('healthy')
    expect(newcomer.repository.issues.map(({ state }) => state)).toEqual(['closed'])
  }, 120_000)

  /** The check names every secret that the page tells to store in the environment. */
  function expectValuesMissing(played: Played): void {
    expect(outcomeOf(played)).toBe('unhealthy')
    expect(played.result!.failed).toBe(true)
    const tokens = THINGS.filter(({ kind, name }) => kind === 'secret' && !name.startsWith('ROTATION_APP_'))
    expect(tokens).toHaveLength(3)
    for (const { name } of tokens)
      expect(foundBy(played)).toContainEqual(
        expect.stringMatching(new RegExp(`^missing-value: .*${name} is not set.* → Store the value`))
      )
    expect(foundBy(played)).toContainEqual(expect.stringMatching(/^missing-value: github-secrets-token/))
  }

  /** The findings that remain are those that the page says may remain. */
  function expectHealthy(played: Played): void {
    expect(outcomeOf(played)).toBe('healthy')
    const left = new Set(recordOf(played).findings.map(({ kind }) => kind))
    const last = STEPS.at(-1)!.paragraphs.join(' ')
    expect([...left]).toContain('first-rotation')
    for (const kind of left) expect(last).toContain(`\`${kind}\``)
  }
})
