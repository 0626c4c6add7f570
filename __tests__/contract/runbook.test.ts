import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { nextState } from '../../src/alerts/content/alert-state.ts'
import { findCause } from '../../src/alerts/content/causes.ts'
import { describeFailure } from '../../src/alerts/content/content.ts'
import { renderMarkdown } from '../../src/alerts/content/message.ts'
import { FINDING_KINDS } from '../../src/rotation/model/finding.ts'
import { deadCredential, failingRun, rotation, wholeRunFailure } from '../alerts/records.ts'
import { read } from './repository.ts'

const runbook = read('docs/runbook.md')
const codes = codesIn(read('src/kernel/error.ts'))
const anchors = [...runbook.matchAll(/^#{2,3} (.+)$/gm)].map(([, heading]) =>
  heading!.toLowerCase().replaceAll(' ', '-')
)

/** The members of the union `ErrorCode`, as the source has it. */
function codesIn(source: string): readonly string[] {
  const file = ts.createSourceFile('error.ts', source, ts.ScriptTarget.Latest)
  return file.statements.flatMap((statement) =>
    ts.isTypeAliasDeclaration(statement) &&
    statement.name.text === 'ErrorCode' &&
    ts.isUnionTypeNode(statement.type)
      ? statement.type.types.flatMap((type) =>
          ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : []
        )
      : []
  )
}

/** The anchors that an alert links to. */
function linked(record: Parameters<typeof nextState>[1]): readonly string[] {
  const state = nextState(undefined, record)!
  const text = renderMarkdown(
    describeFailure(record, { state, runbookUrl: 'https://x/r.md', onSuccess: 'ends it' })
  )
  return [...text.matchAll(/\(https:\/\/x\/r\.md#([^)]+)\)/g)].map(([, anchor]) => anchor!)
}

/** The text of a chapter, which begins with a heading of the second level. */
function chapterOf(heading: string): string {
  const start = runbook.indexOf(`\n## ${heading}\n`)
  expect(start).toBeGreaterThan(0)
  return runbook.slice(start, runbook.indexOf('\n## ', start + 1))
}

/** The text of one section. */
function sectionOf(heading: string): string {
  const [, text = ''] = runbook.split(`\n### ${heading}\n`)
  return text.split(/\n##/)[0]!
}

describe('the runbook', () => {
  it('has exactly one section for each error code', () => {
    expect(codes.length).toBeGreaterThan(15)
    const sections = [...chapterOf('Error codes').matchAll(/^### (.+)$/gm)].map(([, heading]) => heading!)
    expect([...sections].sort()).toEqual([...codes].sort())
    expect(new Set(anchors).size).toBe(anchors.length)
  })

  it('begins with links that lead from each error code to its section', () => {
    expect(/^## (.+)$/m.exec(runbook)?.[1]).toBe('Find your error')
    const [list = ''] = chapterOf('Find your error').split('No code?')
    const links = [...list.matchAll(/\[([\w-]+)\]\(#([\w-]+)\)/g)]
    expect(links.map(([, code]) => code)).toEqual([...codes].sort())
    for (const [, code, anchor] of links) expect(anchor).toBe(code)
  })

  it.each(codes)(
    'says for the code %s what happened, the state that things are in and what to do',
    (code) => {
      const [meaning = ''] = sectionOf(code).trim().split('\n\n')
      expect(meaning).toMatch(/^[A-Z`].*\.\)?$/s)
      expect(sectionOf(code)).toMatch(/^- \*\*State\.\*\* \w/m)
      expect(sectionOf(code)).toMatch(/^- \*\*Do\.\*\* \w/m)
    }
  )

  it.each(codes)('has the section that an alert about the code %s links to', (code) => {
    const error = { ...rotation().error!, code }
    // A run that was cancelled before any rotation began raises none.
    const whole = code === 'cancelled' ? [] : [wholeRunFailure({ code })]
    for (const record of [failingRun({ rotations: [rotation({ error })] }), ...whole]) {
      expect(linked(record)).toEqual([code])
      expect(anchors).toContain(code)
    }
    expect(findCause(code)).toBeDefined()
  })

  it('has the section that an alert links to first when consumers fail', () => {
    const dead = failingRun({ rotations: [rotation({ credentials: [deadCredential()] })] })
    expect(linked(dead)).toEqual(['consumers-fail-now', 'permission'])
    expect(anchors).toEqual(expect.arrayContaining([...linked(dead)]))
  })

  it.each(FINDING_KINDS)('has the section that an alert about the finding %s links to', (kind) => {
    const finding = { rotation: null, kind, on: 'x', message: 'x.', action: 'x.' }
    const findings = [
      { ...finding, severity: 'error' } as const,
      { ...finding, kind: 'kept', severity: 'info' } as const
    ]
    expect(linked(failingRun({ outcome: 'unhealthy', rotations: [], findings }))).toEqual([kind])
    expect(anchors).toContain(kind)
  })

  it('is not linked to for a code of another version', () => {
    const error = { ...rotation().error!, code: 'of-tomorrow' }
    expect(linked(failingRun({ rotations: [rotation({ error })] }))).toEqual([])
    expect(
      linked(failingRun({ rotations: [rotation({ error: { ...error, code: 'constructor' } })] }))
    ).toEqual([])
  })
})
