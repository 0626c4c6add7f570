import { describe, expect, it } from '@jest/globals'
import { FINDING_KINDS } from '../../src/rotation/model/finding.ts'
import { read } from './repository.ts'

const runbook = read('docs/runbook.md')
const start = runbook.indexOf('\n## Findings of a check\n')
const [part = ''] = runbook.slice(start + 1).split(/\n(?=## )/)

function headingsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading!)
}

const everywhere = headingsOf(runbook)
/** Kinds named like an error code use its section, so each anchor exists once. */
const shared = FINDING_KINDS.filter((kind) => headingsOf(runbook.slice(0, start)).includes(kind))
const own = FINDING_KINDS.filter((kind) => !shared.includes(kind))

describe('runbook chapter on findings', () => {
  it('has a chapter for findings that links the sections shared with error codes', () => {
    expect(start).toBeGreaterThan(0)
    expect(shared).toEqual(['missing-value', 'alert'])
    for (const kind of shared) expect(part).toContain(`[${kind}](#${kind})`)
  })

  it('has exactly one section for each kind of finding, in alphabetical order', () => {
    expect(headingsOf(part)).toEqual([...own].sort())
    for (const kind of FINDING_KINDS) expect(everywhere.filter((heading) => heading === kind)).toEqual([kind])
  })

  it.each(own)('explains what the finding %s means, how urgent it is and what to do', (kind) => {
    const text = part.split(`\n### ${kind}\n`)[1]?.split(/\n##/)[0] ?? ''
    expect(text.trim()).toMatch(/^[A-Z`].*\.$/s)
    expect(text).toMatch(/^- \*\*How urgent\.\*\* \w/m)
    expect(text).toMatch(/^- \*\*Do\.\*\* \w/m)
  })
})
