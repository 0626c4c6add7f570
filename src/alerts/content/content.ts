import { isFailure } from '../../rotation/model/outcome.ts'
import type { FailureRecord, RotationRecord, RunRecord } from '../../rotation/record/schema.ts'
import { findMeaning } from '../../cloudflare/errors/error-codes.ts'
import { listOf, toInlines, type Block, type Inline } from '../../markdown/document.ts'
import type { AlertState } from './alert-state.ts'
import { findCause } from './causes.ts'
import type { AlertContent, Section } from './message.ts'
import { FAILING_ANCHOR } from './runbook.ts'
import { describeDetails, describeFindings, describeRotation, describeWhole } from './sections.ts'
import { formTitle, listNames } from './title.ts'
import { isClose, isDead, NOW, worstSafety, type Safety } from './urgency.ts'

/** What an alert needs besides the record of the failing run. */
export interface AlertDetails {
  /** The alert's state with this run in it. */
  readonly state: AlertState
  /** Link to the runbook, to which an anchor is added. */
  readonly runbookUrl: string
  /** What a success does to this alert, as the end of a sentence. */
  readonly onSuccess: string
}

/**
 * Describes a failing run in the order in which the operator on call needs it: how urgent it is and what failed, the state of the slots, what
 * to do, then what there is to look up.
 */
export function describeFailure(record: RunRecord, details: AlertDetails): AlertContent {
  const failed = record.rotations.filter(({ outcome }) => isFailure(outcome))
  const names = new Set(failed.map(({ name }) => name))
  const safety = worstSafety(
    details.state.failing
      .filter(({ name }) => record.error !== null || names.has(name))
      .map((one) => one.safety)
  )
  return {
    title: formTitle(record, failed, safety),
    urgent: isClose(safety, record.endedAt),
    lead: [
      { paragraph: [...describeSafety(failed, safety), ' ', ...describeWhat(record, failed)] },
      ...repeated(details.state)
    ],
    sections: [
      ...(record.error === null ? [] : [describeWhole(record.error)]),
      ...failed.map(describeRotation),
      ...describeFindings(record),
      describeNextSteps(record, failed, { safety, ...details }),
      ...describeCalls(failuresOf(record, failed)),
      { heading: 'The run', blocks: [{ paragraph: describeRun(record) }] },
      ...failed.flatMap(describeDetails)
    ]
  }
}

/** Describes the first run that is well again. */
export function describeRecovery(record: RunRecord): AlertContent {
  const names = record.rotations.flatMap(({ name, outcome }, index): readonly Inline[] => [
    ...(index === 0 ? [] : [', ']),
    { code: name },
    ` (${outcome})`
  ])
  return {
    title: `Rotation of ${listNames(record.rotations.map(({ name }) => name))} works again`,
    urgent: false,
    lead: [
      { paragraph: [{ strong: ['It works again:'] }, ' ', ...names, '.'] },
      { paragraph: describeRun(record) }
    ],
    sections: []
  }
}

/** Describes what got worse since the alert was opened. */
export function describeEscalation(
  record: RunRecord,
  escalations: readonly (readonly Inline[])[]
): Pick<AlertContent, 'lead' | 'sections'> {
  return {
    lead: [
      { paragraph: [{ strong: ['It got worse.'] }, ' The text above describes the newest run.'] },
      { list: escalations },
      { paragraph: describeRun(record) }
    ],
    sections: []
  }
}

function describeSafety(failed: readonly RotationRecord[], safety: Safety): readonly Inline[] {
  if (safety === NOW) {
    const dead = failed.flatMap(({ name, credentials }) =>
      credentials.filter(isDead).map((credential) => `${credential.name} of ${name}`)
    )
    return [
      { strong: ['Urgent: consumers fail now.'] },
      dead.length === 0
        ? ' The credentials in the slots have expired.'
        : ` No slot works of: ${listNames(dead)}.`
    ]
  }
  if (safety === undefined) {
    const uncertain = failed.some(({ credentials }) =>
      credentials.some(({ slots }) => slots.primary.state === 'uncertain')
    )
    const what = uncertain
      ? 'It is not certain what every PRIMARY holds; nothing that one may hold was revoked.'
      : 'As far as is known, the slots hold what they held before.'
    return [{ strong: [what] }]
  }
  return [
    { strong: ['Consumers are safe until ', { time: safety }] },
    ': until then the slots hold a credential that works.'
  ]
}

function describeWhat(record: RunRecord, failed: readonly RotationRecord[]): readonly Inline[] {
  const whole: readonly Inline[] =
    record.error === null
      ? []
      : [`No rotation could begin${reason(record.error)}.`, ...(failed.length > 0 ? [' '] : [])]
  const nothing = record.error === null && failed.length === 0 ? ['The check found something wrong.'] : []
  return [
    ...whole,
    ...nothing,
    ...failed.flatMap(({ name, credentials, outcome, error }, index): readonly Inline[] => [
      `${index === 0 ? '' : ' '}Rotation `,
      { code: name },
      credentials.length === 0 ? '' : ` of ${listNames(credentials.map((one) => one.name))}`,
      ` ${outcome === 'rolled-back' ? 'was rolled back' : outcome === 'failed' ? 'failed' : `is ${outcome}`}`,
      `${reason(error)}.`
    ])
  ]
}

function reason(error: FailureRecord | null): string {
  const cause = error === null ? undefined : findCause(error.code)
  return cause === undefined ? '' : `: ${cause}`
}

function repeated({ count, since }: AlertState): readonly Block[] {
  if (count <= 1) return []
  return [{ paragraph: [`This is failure number ${count} since `, { time: since }, '.'] }]
}

function describeNextSteps(
  record: RunRecord,
  failed: readonly RotationRecord[],
  { safety, runbookUrl, onSuccess }: AlertDetails & { readonly safety: Safety }
): Section {
  const failures = failuresOf(record, failed)
  const hints = new Set(failures.flatMap(({ hint }) => (hint === null ? [] : [hint])))
  const codes = new Set(failures.map(({ code }) => code).filter((code) => findCause(code) !== undefined))
  const kinds = record.findings.flatMap(({ severity, kind }) => (severity === 'error' ? [kind] : []))
  const anchors = [...new Set([...(safety === NOW ? [FAILING_ANCHOR] : []), ...codes, ...kinds])]
  const links = anchors.flatMap((anchor, index): readonly Inline[] => [
    ...(index === 0 ? [] : [', ']),
    { link: anchor, url: `${runbookUrl}#${anchor}` }
  ])
  return {
    heading: 'What to do',
    blocks: [
      {
        list: [
          ...[...hints].map(toInlines),
          record.command === 'check'
            ? toInlines(
                `Then run \`command: check\` again: only a check that finds nothing wrong ${onSuccess}.`
              )
            : [`Run the workflow again by hand: it starts from what it finds, and a success ${onSuccess}.`],
          ...(links.length === 0 ? [] : [['Runbook: ', ...links, '.']])
        ]
      }
    ]
  }
}

function describeCalls(failures: readonly FailureRecord[]): readonly Section[] {
  const calls = failures.flatMap(({ call }) => (call === null ? [] : [describeCall(call)]))
  return calls.length === 0 ? [] : [{ heading: 'The call that failed', blocks: listOf(calls) }]
}

function describeCall({
  method,
  path,
  status,
  apiCode
}: NonNullable<FailureRecord['call']>): readonly Inline[] {
  const meaning = apiCode === null ? undefined : findMeaning(apiCode, path)
  return [
    { code: `${method} ${path}` },
    status === null ? ', no answer' : `, status ${status}`,
    apiCode === null ? '' : `, Cloudflare code ${apiCode}${meaning === undefined ? '' : `: ${meaning}`}`
  ]
}

function describeRun({ run }: RunRecord): readonly Inline[] {
  return [
    { link: `Run ${run.id}, attempt ${run.attempt}`, url: run.url },
    ' of ',
    { code: run.workflow },
    ', started by ',
    { code: run.triggeringActor },
    `, reason: ${run.reason}.`
  ]
}

function failuresOf(record: RunRecord, failed: readonly RotationRecord[]): readonly FailureRecord[] {
  return [record.error, ...failed.map(({ error }) => error)].filter((error) => error !== null)
}
