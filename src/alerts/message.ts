import { isFailure } from '../rotation/outcome.ts'
import type { CredentialRecord, FailureRecord, RotationRecord, RunRecord } from '../rotation/record-schema.ts'
import type { AlertState } from './alert-state.ts'

/** What an alert says. */
export interface AlertMessage {
  /** One line, without line breaks. */
  readonly title: string
  /** Markdown. */
  readonly body: string
}

/** Writes the alert about a failing run: first what failed and how urgent it is, then the state things are in, then what to do. */
export function writeAlert(record: RunRecord, state: AlertState): AlertMessage {
  const failed = record.rotations.filter(({ outcome }) => isFailure(outcome))
  const repeated = state.count > 1 ? [`This is failure number ${state.count} since ${state.since}.`, ''] : []
  const whole =
    record.error === null ? [] : ['### Before any rotation began', '', ...describeFailure(record.error), '']
  return {
    title: titleOf(record, failed),
    body: [
      urgency(failed),
      '',
      ...repeated,
      ...whole,
      ...failed.flatMap(describeRotation),
      '### What to do',
      '',
      ...nextSteps(record, failed),
      '',
      `[Run ${record.run.id}, attempt ${record.run.attempt}](${record.run.url}) of ${code(record.run.workflow)}, started by ${code(record.run.triggeringActor)}, reason: ${inline(record.run.reason)}.`
    ].join('\n')
  }
}

/** Writes what is said when everything works again. */
export function writeRecovery(record: RunRecord): string {
  const names = record.rotations.map(({ name, outcome }) => `${code(name)} (${outcome})`).join(', ')
  return `It works again: ${names}. [Run ${record.run.id}](${record.run.url})`
}

function titleOf(record: RunRecord, failed: readonly RotationRecord[]): string {
  if (failed.length === 0) return `Credential rotation could not start in ${record.run.repository}`
  const names = failed.map(({ name }) => name).join(', ')
  const worst = failed.some(({ outcome }) => outcome === 'failed') ? 'failed' : 'was rolled back'
  return `Rotation of ${names} ${worst}`
}

function urgency(failed: readonly RotationRecord[]): string {
  const ends = failed.map(({ safeUntil }) => safeUntil).filter((end) => end !== null)
  const dead = failed.filter(({ credentials }) => credentials.some(isDead))
  if (dead.length > 0) {
    return `**Urgent: ${dead.map(({ name }) => code(name)).join(', ')} has a credential of which no slot works. Consumers fail now.**`
  }
  if (ends.length === 0) return '**The slots hold what they held before, as far as is known.**'
  return `**Consumers are safe until ${ends.sort()[0]!}: until then the slots hold a credential that works.**`
}

function isDead({ slots }: CredentialRecord): boolean {
  return [slots.primary, slots.secondary].every(
    (slot) => slot === null || slot.state === 'refused' || slot.state === 'missing'
  )
}

function describeRotation(rotation: RotationRecord): readonly string[] {
  const outcome =
    rotation.outcome === 'rolled-back'
      ? 'rolled back: PRIMARY is as it was'
      : rotation.steps.some(({ name }) => name === 'acquire')
        ? 'failed'
        : 'failed before anything was changed'
  return [
    `### ${rotation.name}: ${outcome}`,
    '',
    ...(rotation.error === null ? [] : describeFailure(rotation.error)),
    '',
    '| credential | PRIMARY | SECONDARY |',
    '|---|---|---|',
    ...rotation.credentials.map(
      ({ name, slots }) =>
        `| ${code(name)} | ${describeSlot(slots.primary)} | ${slots.secondary === null ? 'none' : describeSlot(slots.secondary)} |`
    ),
    '',
    ...rotation.undone.map((line) => `- undone: ${inline(line)}`),
    ...rotation.left.map((line) => `- **left: ${inline(line)}**`),
    ''
  ]
}

function describeSlot({ id, state, expiresAt }: CredentialRecord['slots']['primary']): string {
  const what = id === null ? state : `${code(id)} (${state})`
  return expiresAt === null ? what : `${what}, until ${expiresAt}`
}

function describeFailure({ message, call }: FailureRecord): readonly string[] {
  const failing =
    call === null
      ? []
      : [
          '',
          `The call that failed: ${code(`${call.method} ${call.path}`)}${call.status === null ? ', no answer' : `, status ${call.status}`}${call.apiCode === null ? '' : `, Cloudflare code ${call.apiCode}`}.`
        ]
  return [inline(message), ...failing]
}

function nextSteps(record: RunRecord, failed: readonly RotationRecord[]): readonly string[] {
  const hints = [record.error?.hint, ...failed.map(({ error }) => error?.hint)].filter(
    (hint) => typeof hint === 'string'
  )
  const unique = [...new Set(hints)].map((hint) => `- ${inline(hint)}`)
  return [
    ...unique,
    '- Run the workflow again by hand: it starts from what it finds, and a success closes this issue.'
  ]
}

/** A text inside one line of Markdown: no line breaks, nothing that could be markup, a mention or a marker. */
export function inline(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>#|~]/g, (character) => `\\${character}`)
    .replace(/@/g, '@\u200b')
}

function code(text: string): string {
  return `\`${text.replace(/[`\r\n|]/g, ' ')}\``
}
