import { describe, expect, it } from '@jest/globals'
import { RotationError } from '../../../src/kernel/error.ts'
import { MAX_RECORD_BYTES } from '../../../src/rotation/record/truncate.ts'
import { makeRecord, type RunFacts } from '../../../src/rotation/record/record.ts'
import type { RotationRecord } from '../../../src/rotation/record/schema.ts'
import { SecretRegistry } from '../../../src/kernel/secret.ts'
import { createWorld } from '../../../simulation/world.ts'
import { matchesRecordSchema as matches } from './published-schema.ts'

const { record } = await createWorld().run()
const [rotated] = record.rotations
const facts: RunFacts = {
  command: 'rotate',
  run: record.run,
  startedAt: Date.UTC(2026, 0, 1),
  endedAt: Date.UTC(2026, 0, 1, 0, 1),
  warnings: []
}
const asIs = new SecretRegistry(() => undefined)

/** A rotation whose record is about as large as is asked for. */
function large(bytes: number, where: (texts: string[]) => Partial<RotationRecord>): RotationRecord {
  return { ...rotated!, ...where(Array.from({ length: Math.ceil(bytes / 1_000) }, () => 'x'.repeat(1_000))) }
}

describe('a record', () => {
  it('says of a rotation what the design says it must: what, by whom, when, with what evidence', () => {
    expect(record).toMatchObject({ version: 1, command: 'rotate', outcome: 'rotated', truncated: false })
    expect(
      rotated!.credentials.map(({ name, old, new: made, slots }) => [
        name,
        slots.primary.id === made!.id,
        slots.secondary!.id === old!.id
      ])
    ).toEqual([
      ['token-creation', true, true],
      ['secret-edit', true, true]
    ])
    expect(rotated!.credentials.flatMap(({ probes }) => probes.map(({ label }) => label))).toEqual([
      'can: tokens',
      'can: secrets'
    ])
    expect(
      rotated!.steps.every(({ startedAt, endedAt, status }) => startedAt <= endedAt && status === 'ok')
    ).toBe(true)
    expect(rotated!.destinations.flatMap(({ writes }) => writes.map(({ confirmed }) => confirmed))).toEqual(
      Array(8).fill('confirmed')
    )
  })

  it('has the worst outcome of its rotations, and `failed` when it could not begin', () => {
    const outcomes = ['rotated', 'not-due', 'rolled-back'] as const
    expect(
      makeRecord(
        facts,
        outcomes.map((outcome) => ({ ...rotated!, outcome })),
        asIs
      ).outcome
    ).toBe('rolled-back')
    const error = new RotationError('missing-value', 'no value', { hint: 'give it' })
    expect(makeRecord({ ...facts, error }, [], asIs)).toMatchObject({
      outcome: 'failed',
      error: { code: 'missing-value', message: 'no value', hint: 'give it', call: null }
    })
  })

  it('has every text redacted, wherever it came from', () => {
    const secrets = new SecretRegistry(() => undefined)
    secrets.register('cfat_hidden_value')
    const texts = (text: string) => ({
      warnings: [text],
      left: [text],
      rollout: [{ gate: text, state: 'red' as const, url: null, seconds: 1 }],
      undone: [text],
      reason: [text],
      error: {
        code: 'x',
        message: text,
        hint: text,
        call: { method: 'GET', path: `/${text}`, status: 1, apiCode: 1 }
      }
    })
    for (const form of [
      'cfat_hidden_value',
      Buffer.from('cfat_hidden_value').toString('base64'),
      Buffer.from('cfat_hidden_value').toString('hex')
    ]) {
      const made = makeRecord(
        { ...facts, warnings: [form], run: { ...record.run, reason: form } },
        [{ ...rotated!, ...texts(form) }],
        secrets
      )
      expect(JSON.stringify(made)).not.toContain(form)
      expect(JSON.stringify(made)).toContain('***')
    }
  })

  it.each<readonly [string, (value: string) => Partial<RotationRecord>, string]>([
    [
      'a client id',
      (clientId) => ({
        credentials: rotated!.credentials.map((one) => ({ ...one, new: { ...one.new!, clientId } }))
      }),
      'rotations[0].credentials[0].new.clientId, rotations[0].credentials[1].new.clientId'
    ],
    [
      'the name of a token',
      (value) => ({
        credentials: rotated!.credentials.map((one) => ({
          ...one,
          new: { ...one.new!, name: `of ${value}` }
        }))
      }),
      'rotations[0].credentials[0].new.name'
    ]
  ])('that would show a secret in %s is not written, and fails the run', (_what, change, path) => {
    const secrets = new SecretRegistry(() => undefined)
    secrets.register('cfat_hidden_value')
    const made = makeRecord(
      { ...facts, run: { ...record.run, actor: 'is cfat_hidden_value' } },
      [{ ...rotated!, ...change('cfat_hidden_value') }],
      secrets
    )
    expect(JSON.stringify(made)).not.toContain('hidden')
    expect(made).toMatchObject({
      outcome: 'failed',
      rotations: [],
      run: { actor: 'is ***' },
      warnings: ['bootstrap: rotated'],
      error: { code: 'bad-input', hint: expect.stringContaining('a variable of the step') as unknown }
    })
    expect(made.error!.message).toContain(`run.actor, ${path}`)
    matches(made)
    expect(matches.errors ?? []).toEqual([])
  })

  it('says which of its texts are for people in its schema', () => {
    const texts = JSON.stringify(matches.schema).match(/"x-text":"\w+"/g) ?? []
    expect(new Set(texts)).toEqual(new Set(['"x-text":"free"', '"x-text":"configured"']))
  })

  it.each<readonly [string, (texts: string[]) => Partial<RotationRecord>]>([
    [
      'probes',
      (texts) => ({
        credentials: rotated!.credentials.map((one) => ({
          ...one,
          probes: texts.map((detail) => ({ ...one.probes[0]!, detail }))
        }))
      })
    ],
    ['reasons', (texts) => ({ reason: texts })],
    ['steps', (texts) => ({ steps: texts.map((name) => ({ ...rotated!.steps[0]!, name })) })],
    ['what is left', (texts) => ({ left: texts })]
  ])(
    'stays within 256 KiB, says what was cut, and fits its schema when there are too many %s',
    (_what, where) => {
      const made = makeRecord(facts, [large(400_000, where)], asIs)
      expect(Buffer.byteLength(JSON.stringify(made))).toBeLessThanOrEqual(MAX_RECORD_BYTES)
      expect(MAX_RECORD_BYTES).toBe(256 * 1024)
      expect(made.truncated).toBe(true)
      expect(made).toMatchObject({
        outcome: 'rotated',
        rotations: [{ name: 'bootstrap', outcome: 'rotated' }]
      })
      matches(made)
      expect(matches.errors ?? []).toEqual([])
    }
  )
})
