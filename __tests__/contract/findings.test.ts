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
/** Kinds that are named like an error code have its section, so that each anchor is there once. */
const shared = FINDING_KINDS.filter((kind) => headingsOf(runbook.slice(0, start)).includes(kind))
const own = FINDING_KINDS.filter((kind) => !shared.includes(kind))

describe('the findings of a check', () => {
  it('have a place of their own in the runbook', () => {
    expect(start).toBeGreaterThan(0)
    expect(shared).toEqual(['missing-value', 'alert'])
    for (const kind of shared) expect(part).toContain(`[${kind}](#${kind})`)
  })

  it('each have one section, and none is left of a kind that there is no longer', () => {
    expect(headingsOf(part)).toEqual(own)
    for (const kind of FINDING_KINDS) expect(everywhere.filter((heading) => heading === kind)).toEqual([kind])
  })

  it.each(own)('of kind %s say what they mean, how urgent they are and what to do', (kind) => {
    const text = part.split(`\n### ${kind}\n`)[1]?.split(/\n##/)[0] ?? ''
    expect(text.trim()).toMatch(/^[A-Z`].*\.$/s)
    expect(text).toMatch(/^- \*\*How urgent\.\*\* \w/m)
    expect(text).toMatch(/^- \*\*Do\.\*\* \w/m)
  })
})
