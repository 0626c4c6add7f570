import { afterEach, beforeEach, expect } from '@jest/globals'
import type { JobResult } from '../../sandbox/runner.ts'
import type { RotationRecord, RunRecord } from '../../src/rotation/record/schema.ts'
import { matchesRecordSchema } from '../rotation/record/published-schema.ts'
import { Stage } from './stage.ts'

/** The stage of the test that runs. */
export let stage: Stage

/** Opens a stage before each test; after it, nothing leaked, and GitHub was called as its description says. */
export function useStage(): void {
  beforeEach(async () => {
    stage = await Stage.open()
  }, 60_000)
  afterEach(async () => {
    expect(stage.leaks()).toEqual([])
    stage.contract.assert()
    await stage.close()
  })
}

/** Lets the first rotation go well, so that both slots hold something at both destinations. */
export async function rotateFirst(): Promise<void> {
  const { main } = await stage.run()
  expect(main.outputs['outcome']).toBe('rotated')
  stage.sandbox.transcript.clear()
}

/** The record that a run gave as its output, which is what its published schema says. */
export function recordOf({ main }: JobResult): RunRecord {
  const record = JSON.parse(main.outputs['record'] ?? 'null') as RunRecord
  matchesRecordSchema(record)
  expect(matchesRecordSchema.errors ?? []).toEqual([])
  return record
}

export function rotationOf(job: JobResult): RotationRecord {
  const [rotation, ...others] = recordOf(job).rotations
  expect(others).toEqual([])
  return rotation!
}

/** What was changed, at either API; the alert aside. */
export function writes(): readonly string[] {
  return stage.sandbox.transcript.calls
    .filter(
      ({ method, applied, path }) =>
        !['GET', 'HEAD'].includes(method) && applied && !/\/(issues|labels)\b/.test(path)
    )
    .map(({ method, path }) => `${method} ${path}`)
}

/** The one token that a slot holds at both destinations. */
export function heldBy(name: string) {
  const { store, github } = stage.slots()
  expect(store[name]).toBe(github[name])
  return stage.sandbox.cloudflare.tokens.findByValue(github[name]!)!
}

export function errorsOf({ main }: JobResult): readonly string[] {
  return main.log.split('\n').filter((line) => line.startsWith('error: '))
}

export function openIssues() {
  return stage.account.repository.issues.filter(({ state }) => state === 'open')
}

/** Lets Cloudflare refuse every new token. */
export function breakCreation(): void {
  stage.sandbox.faults.add({
    match: { api: 'cloudflare', method: 'POST', path: /\/tokens$/, count: Infinity },
    when: 'before',
    answer: { status: 400 }
  })
}

/** What a workflow says that failed for want of a new token, whatever became of its alert. */
export function expectFailedToCreate(job: JobResult): void {
  expect(job.main.exitCode).toBe(1)
  expect(job.main.outputs['outcome']).toBe('rolled-back')
  expect(errorsOf(job)).toEqual([expect.stringContaining('no new credential could be created')])
}
