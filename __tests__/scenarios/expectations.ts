import { readFileSync } from 'node:fs'
import { expect } from '@jest/globals'
import { Ajv } from 'ajv'
import { openAlerts } from '../../simulation/postconditions.ts'
import { formsOf } from '../../simulation/leaks.ts'
import type { World, WorldRun } from '../../simulation/world.ts'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
import { CREDENTIALS, destinationsOf, findUnsafeConsumers } from './invariants.ts'

const matchesRecordSchema = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../docs/record.schema.json', import.meta.url), 'utf8')) as object
)

/** I1: every consumer has a value that works, whichever destination it reads. */
export function expectConsumersSafe(world: World): void {
  expect(findUnsafeConsumers(world)).toEqual([])
}

/** Both destinations hold the same, and both slots work. */
export function expectBothSlotsWork(world: World): void {
  const [store, github] = destinationsOf(world)
  expect(store!.values).toEqual(github!.values)
  expect(Object.keys(github!.values).sort()).toEqual(
    CREDENTIALS.flatMap((name) => [`PRIMARY_${name}`, `SECONDARY_${name}`]).sort()
  )
  for (const value of Object.values(github!.values))
    expect(world.sandbox.cloudflare.tokens.works(value)).toBe(true)
}

/** Managed tokens that are not deleted. */
export function managedTokens({ sandbox }: World) {
  return sandbox.cloudflare.tokens.existing.filter(({ name }) => name.startsWith('rotate/'))
}

/** Managed tokens that are alive although no slot holds them. */
export function strayTokens(world: World) {
  const { tokens } = world.sandbox.cloudflare
  const held = new Set(
    destinationsOf(world).flatMap(({ values }) =>
      Object.values(values).map((value) => tokens.findByValue(value)?.id)
    )
  )
  return managedTokens(world).filter(({ id }) => !held.has(id))
}

/** I3 at its strictest: the managed tokens alive are those in slots, and the lock is free. */
export function expectClean(world: World): void {
  expect(strayTokens(world).map(({ name }) => name)).toEqual([])
  expectUnlocked(world)
}

/** I3: what is alive without being in a slot is kept for a stated reason, and the lock is free. */
export function expectAccountedFor(world: World, run: WorldRun): void {
  const kept = new Set(
    rotationOf(run).credentials.flatMap((credential) => credential.kept.map(({ id }) => id))
  )
  expect(
    strayTokens(world)
      .filter(({ id }) => !kept.has(id))
      .map(({ name }) => name)
  ).toEqual([])
  expectUnlocked(world)
}

/** No lease is left. */
export function expectUnlocked({ account }: World): void {
  expect(account.namespace.keys).toEqual([])
}

/** What the slots hold, to be compared with later. */
export function slotsNow(world: World): readonly Readonly<Record<string, string>>[] {
  return destinationsOf(world).map(({ values }) => ({ ...values }))
}

/** PRIMARY is what it was at every destination. */
export function expectPrimaryUntouched(
  world: World,
  before: readonly Readonly<Record<string, string>>[]
): void {
  slotsNow(world).forEach((now, index) => {
    for (const name of CREDENTIALS) expect(now[`PRIMARY_${name}`]).toBe(before[index]![`PRIMARY_${name}`])
  })
}

/** The record of the one rotation. */
export function rotationOf({ record }: WorldRun): RunRecord['rotations'][number] {
  expect(record.rotations).toHaveLength(1)
  return record.rotations[0]!
}

/** The error that the rotation failed with. */
export function failureOf(run: WorldRun): NonNullable<RunRecord['error']> {
  const error = run.record.error ?? rotationOf(run).error
  expect(error).not.toBeNull()
  return error!
}

/** The run went well: rotated, safe, clean, no alert open. */
export function expectRotated(world: World, run: WorldRun): void {
  expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
    outcome: 'rotated',
    error: null
  })
  expectBothSlotsWork(world)
  expectClean(world)
  expect(run.alertError).toBeUndefined()
  expect(openAlerts(world)).toEqual([])
}

/** After a failure the next run puts everything in order again: rotated, both slots work, nothing is alive without a reason, no alert open. */
export function expectRecovered(world: World, run: WorldRun): void {
  expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
    outcome: 'rotated',
    error: null
  })
  expectBothSlotsWork(world)
  expectAccountedFor(world, run)
  expect(openAlerts(world)).toEqual([])
}

/** Tokens that a run made and that are alive. */
export function madeBy(world: World, run: WorldRun) {
  return managedTokens(world).filter(({ name }) => name.includes(`-${run.runId}.`))
}

/** The run failed and put everything back: rolled back, consumers safe, nothing that it made is alive, no lease, one alert. */
export function expectRolledBack(world: World, run: WorldRun): void {
  expect({ outcome: run.record.outcome, left: rotationOf(run).left }).toEqual({
    outcome: 'rolled-back',
    left: []
  })
  expectConsumersSafe(world)
  expect(madeBy(world, run)).toEqual([])
  expectUnlocked(world)
  expect(openAlerts(world)).toHaveLength(1)
}

/** The run failed before it changed anything. */
export function expectNothingWritten(world: World, run: WorldRun): void {
  expect(run.record.outcome).toBe('failed')
  const writes = world.sandbox.transcript.calls.filter(
    ({ method, applied, path }) => method !== 'GET' && applied && !/\/(issues|labels)/.test(path)
  )
  expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual([])
}

/** The record is what its published schema says. */
export function expectRecordValid(record: RunRecord): void {
  matchesRecordSchema(record)
  expect(matchesRecordSchema.errors ?? []).toEqual([])
}

/** I5: no value of any token that ever was is in anything that people can read. */
export function expectNoLeaks({ sandbox, account }: World, run: WorldRun): void {
  const texts = {
    log: run.log.join('\n'),
    record: JSON.stringify(run.record),
    alertError: `${run.alertError?.message} ${run.alertError?.hint}`,
    issues: account.repository.issues
      .map(({ title, body, comments }) => [title, body, ...comments.map((one) => one.body)].join('\n'))
      .join('\n'),
    mails: sandbox.cloudflare.email.sent
      .map(({ subject, text = '', html = '', headers }) =>
        [subject, text, html, JSON.stringify(headers)].join('\n')
      )
      .join('\n'),
    tokens: sandbox.cloudflare.tokens.all.map(({ name }) => name).join('\n'),
    comments: [...account.store.secrets.values()].map(({ comment }) => comment).join('\n'),
    lock: account.namespace.keys.map((key) => account.namespace.current(key)?.value).join('\n')
  }
  const secrets = [
    ...sandbox.cloudflare.tokens.all.map(({ value }) => value),
    account.githubToken.value,
    account.githubSecretsToken.value
  ]
  const leaks = Object.entries(texts).filter(([, text]) =>
    secrets.some((secret) => formsOf(secret).some((form) => text.includes(form)))
  )
  expect(leaks.map(([where]) => where)).toEqual([])
}
