import { describe, expect, it } from '@jest/globals'
import { writeSummary } from '../../../src/action/report/summary.ts'
import { nextState } from '../../../src/alerts/content/alert-state.ts'
import { describeFailure } from '../../../src/alerts/content/content.ts'
import { renderMarkdown } from '../../../src/alerts/content/message.ts'
import type { RunRecord } from '../../../src/rotation/record/schema.ts'
import { findLive, HOSTILE_TEXTS } from '../../markdown/hostile-texts.ts'
import { credential, failingRun, rotation } from '../records.ts'

describe('text from outside', () => {
  it('is inert everywhere in the summary and in the issue', () => {
    for (const name of HOSTILE_TEXTS) {
      const record = wicked(name)
      const state = nextState(undefined, record)!
      const alert = renderMarkdown(
        describeFailure(record, { state, runbookUrl: 'https://github.com/x/y', onSuccess: 'closes it' })
      )
      for (const page of [writeSummary(record), alert]) {
        const live = findLive(page).filter((tag) => !/^<(ul|li|blockquote|h\d)/.test(tag))
        expect(live).toEqual([])
      }
    }
  })
})

function wicked(name: string): RunRecord {
  const slot = { id: name, state: 'working', expiresAt: null } as const
  const ended = credential({
    old: { id: name, clientId: name, issuedAt: null, expiresAt: null },
    new: { id: name, clientId: name, name, expiresAt: null },
    slots: { primary: slot, secondary: slot },
    probes: [{ label: name, of: 'new', verdict: 'forbidden', detail: name }],
    revoked: [{ id: name, reason: 'orphan', at: '2026-01-02T00:00:00Z', livedSeconds: 1 }],
    kept: [{ id: name, reason: name }]
  })
  const error = { ...rotation().error!, message: name, hint: name }
  return failingRun({
    warnings: [name],
    error,
    run: { ...failingRun().run, actor: name, triggeringActor: name, reason: name, workflow: name },
    rotations: [
      rotation({ plan: null, credentials: [ended], error, reason: [name], undone: [name], left: [name] })
    ]
  })
}
