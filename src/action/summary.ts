import { code, inline, prose } from '../alerts/content/message.ts'
import { isFailure } from '../rotation/model/outcome.ts'
import { describeWhy, listPlan, summarizePlan } from './plan-lines.ts'
import type { CredentialRecord, RotationRecord, RunRecord } from '../rotation/record/schema.ts'

/** GitHub keeps 1 MiB of summary a step; what is over that is lost whole. */
const MAX_BYTES = 1024 * 1024 - 4096
/** A picture of fewer phases than this says nothing, and of more it is no longer one. */
const MIN_STEPS = 4
const MAX_STEPS = 200

const ICONS: Readonly<Record<string, string>> = {
  rotated: '✅',
  healthy: '✅',
  'not-due': '🕒',
  planned: '📝',
  stale: '⏭️',
  locked: '🔒',
  'rolled-back': '↩️',
  failed: '❌',
  unhealthy: '❌'
}

/** Writes the job summary: at a glance what became of each credential, then the phases as a picture, then the details. */
export function writeSummary(record: RunRecord): string {
  const lines = [
    `## ${ICONS[record.outcome] ?? ''} Credential rotation: ${record.outcome}`,
    '',
    ...(record.error === null ? [] : ['> [!CAUTION]', `> ${prose(record.error.message)}`, '']),
    ...found(record),
    ...record.rotations.flatMap((rotation) =>
      rotation.plan === null ? atAGlance(rotation, record.command) : planned(rotation)
    ),
    ...timeline(record.rotations),
    ...record.rotations.flatMap((rotation) => details(rotation, record.run.reason === 'exposure')),
    ...(record.warnings.length === 0
      ? []
      : ['### Warnings', '', ...record.warnings.map((warning) => `- ${prose(warning)}`), '']),
    `<sub>Run ${record.run.id}, attempt ${record.run.attempt}, by ${inline(record.run.triggeringActor)}; reason: ${inline(record.run.reason)}.</sub>`,
    ''
  ]
  const text = lines.join('\n')
  if (Buffer.byteLength(text) <= MAX_BYTES) return text
  return `${Buffer.from(text).subarray(0, MAX_BYTES).toString('utf8')}\n\n*The summary was cut here; the output \`record\` has the rest.*\n`
}

function atAGlance(rotation: RotationRecord, command: string): readonly string[] {
  const { name, outcome, nextDue, error } = rotation
  const why = describeWhy(rotation)
  const due = nextDue === null ? (outcome === 'rotated' ? 'every run' : '') : readable(nextDue)
  return [
    `### ${ICONS[outcome] ?? ''} ${name}: ${outcome}`,
    '',
    ...(isFailure(outcome) && error !== null
      ? [
          '> [!CAUTION]',
          `> ${prose(error.message)}`,
          ...(error.hint === null ? [] : ['>', `> **${prose(error.hint)}**`]),
          ''
        ]
      : why === ''
        ? []
        : [`${inline(why.charAt(0).toUpperCase() + why.slice(1))}`, '']),
    ...(command === 'check'
      ? slotTable(rotation)
      : [
          '| credential | was | is | valid until | next due |',
          '|---|---|---|---|---|',
          ...rotation.credentials.map((credential) => `| ${glance(credential)} | ${due} |`)
        ]),
    ''
  ]
}

/** What a check saw in the slots. */
function slotTable({ credentials }: RotationRecord): readonly string[] {
  return [
    '| credential | PRIMARY | SECONDARY |',
    '|---|---|---|',
    ...credentials.map(
      ({ name, slots: { primary, secondary } }) =>
        `| **${name}** | ${describeSlot(primary)} | ${secondary === null ? '–' : describeSlot(secondary)} |`
    )
  ]
}

function describeSlot({ id, state, expiresAt }: CredentialRecord['slots']['primary']): string {
  const until = expiresAt === null ? '' : ` until ${readable(expiresAt)}`
  return `${state}${until}${id === null ? '' : ` ${code(id)}`}`
}

/** An instant for people, in minutes. */
function readable(instant: string): string {
  return instant.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, ' UTC')
}

const SEVERITIES = { error: '❌', warning: '⚠️', info: 'ℹ️' } as const

/** What a check found, the worst first. */
function found({ command, findings }: RunRecord): readonly string[] {
  if (command !== 'check') return []
  if (findings.length === 0) return ['Nothing wants attention.', '']
  return [
    ...findings.map(
      ({ kind, severity, message, action }) =>
        `- ${SEVERITIES[severity]} **${kind}**: ${prose(message)} ${severity === 'info' ? prose(action) : `**${prose(action)}**`}`
    ),
    '',
    ...linesToCopy(findings)
  ]
}

/** The lines of `env` that are missing, as one block. */
function linesToCopy(findings: RunRecord['findings']): readonly string[] {
  const lines = findings.flatMap(({ kind, message, action }) =>
    kind === 'missing-value'
      ? [...`${message} ${action}`.matchAll(/`([A-Z_][A-Z0-9_]*: \$\{\{ secrets\.[A-Z0-9_]+ \}\})`/g)].map(
          ([, line]) => line!
        )
      : []
  )
  if (lines.length === 0) return []
  return [
    'Copy into the step:',
    '',
    '```yaml',
    'env:',
    ...new Set(lines.map((line) => `  ${line}`)),
    '```',
    ''
  ]
}

function planned(rotation: RotationRecord): readonly string[] {
  const lines = rotation.plan === null ? [] : listPlan(rotation.plan)
  const obstacles = lines.filter(({ what }) => what === 'obstacle')
  const rest = lines.filter(({ what }) => what !== 'obstacle')
  return [
    `### ${ICONS['planned']} ${rotation.name}`,
    '',
    inline(summarizePlan(rotation)),
    '',
    ...(obstacles.length === 0
      ? []
      : ['> [!WARNING]', ...obstacles.map(({ reason }) => `> - ${inline(reason)}`), '']),
    ...(rest.length === 0 ? [] : ['| would | what | with |', '|---|---|---|']),
    ...rest.map(({ what, on, reason }) => `| ${what} | ${inline(on)} | ${inline(reason)} |`),
    ''
  ]
}

function glance({ name, old, slots }: CredentialRecord): string {
  const { primary } = slots
  const is = primary.id === null ? primary.state : code(primary.id)
  return [
    `**${name}**`,
    old === null ? '–' : code(old.id),
    is,
    primary.expiresAt === null ? '–' : readable(primary.expiresAt)
  ].join(' | ')
}

/** The phases of every rotation on one axis, as a Mermaid gantt chart. */
function timeline(rotations: readonly RotationRecord[]): readonly string[] {
  const total = rotations.reduce((sum, { steps }) => sum + steps.length, 0)
  if (total < MIN_STEPS || total > MAX_STEPS) return []
  const start = Math.min(
    ...rotations.flatMap(({ steps }) => steps.map(({ startedAt }) => Date.parse(startedAt)))
  )
  const at = (instant: string): number => Date.parse(instant) - start
  return [
    '```mermaid',
    'gantt',
    '    title The steps, in milliseconds',
    '    dateFormat x',
    '    axisFormat %S.%L',
    ...rotations
      .filter(({ steps }) => steps.length > 0)
      .flatMap(({ name, steps }) => [
        `    section ${name}`,
        ...steps.map((step) => {
          const from = at(step.startedAt)
          const to = Math.max(at(step.endedAt), from + 1)
          return `    ${step.name} :${step.status === 'failed' ? 'crit, ' : ''}${from}, ${to}`
        })
      ]),
    '```',
    ''
  ]
}

function details(rotation: RotationRecord, exposed: boolean): readonly string[] {
  const rows = rotation.destinations.flatMap(({ label, writes }) =>
    writes.map(
      ({ secret, purpose, holds, effect, confirmed }) =>
        `| ${inline(label)} | ${code(secret)} | ${purpose} | ${code(holds)} | ${effect} | ${confirmed} |`
    )
  )
  const ends = rotation.credentials.flatMap(({ name, revoked, kept }) => [
    ...revoked.map(
      ({ id, reason, at, livedSeconds }) =>
        `- ${name}: revoked ${code(id)} (${reason}) at ${at}${exposed ? `; it lived on for ${livedSeconds} s` : ''}`
    ),
    ...kept.map(({ id, reason }) => `- ${name}: kept ${code(id)}: ${inline(reason)}`)
  ])
  const probes = rotation.credentials.flatMap(({ name, probes: evidence }) =>
    evidence.map(
      ({ label, of, verdict, detail }) =>
        `- ${name}: ${verdict === 'passed' ? 'passed' : `**${verdict}**`} with the ${of === 'old' ? 'old' : 'new'} one: ${code(label)}: ${inline(detail)}`
    )
  )
  const notes = [
    ...rotation.undone.map((line) => `- undone: ${inline(line)}`),
    ...rotation.left.map((line) => `- **left: ${inline(line)}**`)
  ]
  const body = [
    ...(rows.length === 0
      ? []
      : [
          '| destination | secret | step | holds | write | read back |',
          '|---|---|---|---|---|---|',
          ...rows,
          ''
        ]),
    ...probes,
    ...ends,
    ...notes
  ]
  if (body.length === 0) return []
  return ['<details>', `<summary>Details of ${rotation.name}</summary>`, '', ...body, '', '</details>', '']
}
