import { listOf, toInlines, type Inline, type PageBlock } from '../../markdown/document.ts'
import type { FindingRecord, RunRecord } from '../../rotation/record/schema.ts'

const ICONS = { error: '❌', warning: '⚠️', info: 'ℹ️' } as const

/** Describes what `command: check` found, the worst first, and gives the lines that are missing in the workflow. */
export function describeFindings({ command, findings }: RunRecord): readonly PageBlock[] {
  if (command !== 'check') return []
  if (findings.length === 0) return [{ paragraph: ['The check found nothing to do.'] }]
  return [...listOf(findings.map(describeFinding)), ...listMissingLines(findings)]
}

function describeFinding({ kind, severity, message, action }: FindingRecord): readonly Inline[] {
  return [
    `${ICONS[severity]} `,
    { strong: [kind] },
    ': ',
    ...toInlines(message),
    ' ',
    ...(severity === 'info' ? toInlines(action) : [{ strong: toInlines(action) }])
  ]
}

const ENV_LINE = /`([A-Z_][A-Z0-9_]*: \$\{\{ secrets\.[A-Z0-9_]+ \}\})`/g

function listMissingLines(findings: readonly FindingRecord[]): readonly PageBlock[] {
  const lines = findings
    .filter(({ kind }) => kind === 'missing-value')
    .flatMap(({ message, action }) =>
      [...`${message} ${action}`.matchAll(ENV_LINE)].map(([, line = '']) => `  ${line}`)
    )
  if (lines.length === 0) return []
  return [{ paragraph: ['Copy into the step:'] }, { fence: ['env:', ...new Set(lines)], language: 'yaml' }]
}
