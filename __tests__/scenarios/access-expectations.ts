import { HOUR } from '../../simulation/times.ts'
import { expect } from '@jest/globals'
import { sortRules, type RuleSet } from '../../sandbox/cloudflare/access-rules.ts'
import type { ServiceToken } from '../../sandbox/cloudflare/service-tokens.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { formsOf } from '../../simulation/leaks.ts'
import type { World, WorldRun } from '../../simulation/world.ts'
import { automationOf } from '../../simulation/world.ts'
import type { CredentialRecord } from '../../src/rotation/record/schema.ts'
import { findLockedOut, isAccepted, pairsOf, type Pair } from './access-invariants.ts'
import { expectUnlocked, rotationOf } from './expectations.ts'

/** What must be the same again after an undo: rules, secrets, and who is alive. */
export interface Before {
  readonly rules: string
  readonly pairs: readonly Pair[]
  readonly alive: readonly string[]
}

/** Takes down what an undo must bring back. */
export function snapshot(world: World): Before {
  return { rules: rulesNow(world), pairs: pairsOf(world), alive: aliveTokens(world).map(({ id }) => id) }
}

/** The writable body of every rule set, to the byte, with the rules of each list in one order. */
export function rulesNow({ sandbox }: World): string {
  return JSON.stringify(sandbox.cloudflare.access.ruleBodies)
}

/** Rule sets in which ids were exchanged by hand, with the rules of each list in one order again. */
export function rulesInOrder(text: string): string {
  const sets = JSON.parse(text) as Record<string, RuleSet>
  return JSON.stringify(Object.fromEntries(Object.entries(sets).map(([id, set]) => [id, sortRules(set)])))
}

/** Service tokens that are not deleted. */
export function aliveTokens({ sandbox }: World): readonly ServiceToken[] {
  return sandbox.cloudflare.access.serviceTokens.existing
}

/** The token that a pair belongs to. */
export function tokenOf({ sandbox }: World, { clientSecret }: Pair): ServiceToken {
  const token = sandbox.cloudflare.access.serviceTokens.findBySecret(clientSecret)
  expect(token).toBeDefined()
  return token!
}

/** The pair in the single slot, or in PRIMARY. */
export function primaryPair(world: World): Pair {
  return pairsOf(world)[0]!
}

/** The record of the one credential. */
export function credentialOf(run: WorldRun): CredentialRecord {
  const { credentials } = rotationOf(run)
  expect(credentials).toHaveLength(1)
  return credentials[0]!
}

/** The text of the one open alert. */
export function alertText(world: World): string {
  const alerts = openAlerts(world)
  expect(alerts).toHaveLength(1)
  return `${alerts[0]!.title}\n${alerts[0]!.body}`
}

/** The consumers' pair gets through, and id and secret belong together. */
export function expectAutomationWorks(world: World): void {
  expect(findLockedOut(world, { mixed: 'forbidden' })).toEqual([])
}

/** The run went well: a new pair that gets through, nothing alive that is not in a slot, no lease, no alert. */
export function expectReplaced(world: World, run: WorldRun): void {
  expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
    outcome: 'rotated',
    error: null
  })
  expectAutomationWorks(world)
  const held = pairsOf(world).map((pair) => tokenOf(world, pair).id)
  expect(new Set(aliveTokens(world).map(({ id }) => id))).toEqual(new Set(held))
  expectUnlocked(world)
  expect(openAlerts(world)).toEqual([])
}

/**
 * The run repaired a pair that a probe rejected: what it may have held stays alive with that reason, and the next run revokes it.
 * @param rotate runs once more, an hour later
 */
export async function expectRepaired(
  world: World,
  run: WorldRun,
  rotate: () => Promise<WorldRun>
): Promise<void> {
  expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
    outcome: 'rotated',
    error: null
  })
  expectAutomationWorks(world)
  const held = new Set(pairsOf(world).map((pair) => tokenOf(world, pair).id))
  const strays = aliveTokens(world).filter(({ id }) => !held.has(id))
  expect(strays).toHaveLength(1)
  expect(rotationOf(run).credentials[0]!.kept).toEqual([
    { id: strays[0]!.id, reason: expect.stringContaining('PRIMARY may hold it') as unknown }
  ])
  world.clock.advance(HOUR)
  const next = await rotate()
  expect(next.record.outcome).toBe('not-due')
  expectAutomationWorks(world)
  expect(new Set(aliveTokens(world).map(({ id }) => id))).toEqual(held)
  expectUnlocked(world)
}

/** The run failed and put everything back: secrets, rules to the byte, nothing of it alive, the old pair gets through, one alert. */
export function expectRestored(world: World, run: WorldRun, before: Before): void {
  expect({ outcome: run.record.outcome, left: rotationOf(run).left }).toEqual({
    outcome: 'rolled-back',
    left: []
  })
  expectAsBefore(world, before)
  expectUnlocked(world)
  expect(openAlerts(world)).toHaveLength(1)
}

/** Secrets, rules and tokens are what they were, and all of them are switched on. */
export function expectAsBefore(world: World, before: Before): void {
  expect(pairsOf(world)).toEqual(before.pairs)
  expect(rulesNow(world)).toBe(before.rules)
  expect(aliveTokens(world).map(({ id }) => id)).toEqual(before.alive)
  expect(aliveTokens(world).map(({ enabled }) => enabled.current)).toEqual(before.alive.map(() => true))
  for (const pair of before.pairs) expect(isAccepted(world, pair)).toBe(true)
}

/** I5: no client secret that ever was is in anything that people can read. */
export function expectNoAccessLeaks(world: World, run: WorldRun): void {
  const { repository, namespace } = world.account
  const { serviceTokens } = world.sandbox.cloudflare.access
  const texts = {
    log: run.log.join('\n'),
    record: JSON.stringify(run.record),
    issues: JSON.stringify(repository.issues),
    names: serviceTokens.all.map(({ name }) => name).join('\n'),
    rules: rulesNow(world),
    lock: namespace.keys.map((key) => namespace.current(key)?.value).join('\n')
  }
  const secrets = [
    ...serviceTokens.all.flatMap((token) => token.secrets.values),
    automationOf(world).apiToken.value
  ]
  const leaks = Object.entries(texts).filter(([, text]) =>
    secrets.some((secret) => formsOf(secret).some((form) => text.includes(form)))
  )
  expect(leaks.map(([where]) => where)).toEqual([])
}
