import { describe, expect, it } from '@jest/globals'
import { nextState } from '../../../src/alerts/content/alert-state.ts'
import { describeFailure, describeRecovery } from '../../../src/alerts/content/content.ts'
import { renderMarkdown, type AlertContent } from '../../../src/alerts/content/message.ts'
import type { RunRecord } from '../../../src/rotation/record/schema.ts'
import { credential, deadCredential, failingRun, rotation, unbreakable, wholeRunFailure } from '../records.ts'

const runbookUrl = 'https://github.com/org/rotate-action/blob/v1/docs/runbook.md'

function alertOf(record: RunRecord): AlertContent {
  const state = nextState(undefined, record)!
  return describeFailure(record, { state, runbookUrl, onSuccess: 'closes this issue' })
}

const bodyOf = (record: RunRecord): string => renderMarkdown(alertOf(record))
const firstLine = (record: RunRecord): string => bodyOf(record).split('\n')[0]!

describe('alert about a rotation that was rolled back', () => {
  it('has everything that the operator on call needs, the most urgent first', () => {
    const record = failingRun({
      rotations: [
        rotation({
          undone: ['the new token-creation cccc was deleted'],
          left: ['the new secret-edit dddd could not be deleted']
        })
      ]
    })
    const until = unbreakable('2026-01-03 04:00 UTC')
    const fallback = unbreakable('2026-01-02 20:00 UTC')
    expect(bodyOf(record)).toBe(`\
**Consumers are safe until ${until}**: until then the slots hold a credential that works. \
Rotation \`bootstrap\` of token-creation, secret-edit was rolled back: a token lacks a permission.

### bootstrap: rolled back: PRIMARY is as it was

no new credential could be created: it was refused.

| slot | state |
| --- | --- |
| **token-creation** PRIMARY | works until ${until} (…\u20602d2cc2) |
| **token-creation** SECONDARY | works until ${fallback} (…\u20605ff5b8) |
| **secret-edit** PRIMARY | works until ${until} (…\u20602d2cc2) |
| **secret-edit** SECONDARY | works until ${fallback} (…\u20605ff5b8) |

- **unresolved: the new secret-edit dddd could not be deleted**

### What to do

- Give the token the permission.
- Run the workflow again by hand: it starts from what it finds, and a success closes this issue.
- Runbook: [permission](https://github.com/org/rotate-action/blob/v1/docs/runbook.md#permission).

### The call that failed

- \`POST /client/v4/accounts/0/tokens\`, status 403, Cloudflare code 10000: the token lacks a permission

### The run

[Run 4711, attempt 2](https://github.com/octo-org/ops/actions/runs/4711) of \`octo-org/ops/.github/workflows/rotate.yml\`, started by \`octocat\`, reason: scheduled.

<details>
<summary>Details of bootstrap</summary>

- token-creation PRIMARY: \`7e05fd3c791a48438132d2cc2\`
- token-creation SECONDARY: \`06f4b4b7a821dbecf170e71ff5ff5b8\`
- secret-edit PRIMARY: \`7e05fd3c791a48438132d2cc2\`
- secret-edit SECONDARY: \`06f4b4b7a821dbecf170e71ff5ff5b8\`
- reverted: the new token-creation cccc was deleted

</details>`)
  })

  it('has a title with what failed, why, which credentials, and until when consumers are safe', () => {
    expect(alertOf(failingRun()).title).toBe(
      'Rotation of bootstrap was rolled back: a token lacks a permission (token-creation, secret-edit). Consumers are safe until 2026-01-03 04:00 UTC'
    )
  })

  it('names the first credentials of many in the title and counts the others', () => {
    const credentials = Array.from({ length: 40 }, (_, index) => credential({ name: `c${index}` }))
    const { title } = alertOf(failingRun({ rotations: [rotation({ credentials })] }))
    expect(title).toContain('(c0, c1, c2 and 37 more)')
  })
})

describe('urgency of an alert', () => {
  it('is stated first, without a time when no end is known', () => {
    const record = failingRun({ rotations: [rotation({ safeUntil: null })] })
    expect(firstLine(record)).toMatch(/^\*\*As far as is known, the slots hold what they held before\.\*\* /)
    expect(alertOf(record)).toMatchObject({ urgent: false, title: expect.not.stringContaining('safe') })
  })

  it('is urgent when consumers have less than a day', () => {
    const within = (safeUntil: string) => alertOf(failingRun({ rotations: [rotation({ safeUntil })] })).urgent
    expect(within('2026-01-03T00:00:20Z')).toBe(true)
    expect(within('2026-01-03T00:00:21Z')).toBe(false)
  })

  it('comes from the earliest end of all rotations that fail', () => {
    const record = failingRun({
      rotations: [rotation(), rotation({ name: 'other', safeUntil: '2026-01-02T08:30:00Z' })]
    })
    expect(firstLine(record)).toContain(`safe until ${unbreakable('2026-01-02 08:30 UTC')}`)
    expect(alertOf(record).title).toMatch(/^Rotation of bootstrap, other was rolled back/)
  })

  it('is now when no slot works, with the credential in the title and the section of the runbook first', () => {
    const record = failingRun({
      outcome: 'failed',
      rotations: [
        rotation({ outcome: 'failed', credentials: [credential(), deadCredential({ name: 'secret-edit' })] })
      ]
    })
    expect(alertOf(record)).toMatchObject({
      title: 'Consumers fail now: no slot works of secret-edit of bootstrap',
      urgent: true
    })
    expect(firstLine(record)).toMatch(
      /^\*\*Urgent: consumers fail now\.\*\* No slot works of: secret-edit of bootstrap\. /
    )
    expect(bodyOf(record)).toContain(
      `[consumers-fail-now](${runbookUrl}#consumers-fail-now), [permission](${runbookUrl}#permission)`
    )
    expect(bodyOf(record)).toContain(
      '| **secret-edit** PRIMARY | does not work (…\u20602d2cc2) |\n| **secret-edit** SECONDARY | is empty |'
    )
  })

  it('is now when the end has passed, whatever the slots held before', () => {
    const record = failingRun({ rotations: [rotation({ safeUntil: '2026-01-02T00:00:20Z' })] })
    expect(alertOf(record).title).toMatch(/^Consumers fail now: Rotation of bootstrap was rolled back/)
    expect(firstLine(record)).toContain('have expired')
  })

  it('is now when the only slot does not work', () => {
    const slots = { ...deadCredential().slots, secondary: null }
    const record = failingRun({ rotations: [rotation({ credentials: [credential({ slots })] })] })
    expect(alertOf(record).urgent).toBe(true)
    expect(bodyOf(record)).toContain('| **token-creation** PRIMARY | does not work (…\u20602d2cc2) |')
    expect(bodyOf(record)).not.toContain('SECONDARY')
  })
})

describe('alert about another failure', () => {
  it('says that no rotation could begin and which value is missing', () => {
    const record = wholeRunFailure()
    expect(alertOf(record).title).toBe(
      'Credential rotation could not start in octo-org/ops: a value is missing'
    )
    expect(firstLine(record)).toContain('No rotation could begin: a value is missing.')
    expect(bodyOf(record)).toContain('### Before any rotation began\n\n$X is not set.')
    expect(bodyOf(record)).toContain('- Set it.')
    expect(bodyOf(record)).not.toContain('The call that failed')
  })

  it('has a section for each rotation and each hint once', () => {
    const body = bodyOf(failingRun({ rotations: [rotation(), rotation({ name: 'other' })] }))
    expect(body.match(/^### \w+: rolled back/gm)).toHaveLength(2)
    expect(body.match(/Give the token the permission\./g)).toHaveLength(1)
    expect(body.match(/#permission/g)).toHaveLength(1)
  })

  it('says when a rotation failed before anything was changed', () => {
    const body = bodyOf(
      failingRun({ outcome: 'failed', rotations: [rotation({ outcome: 'failed', steps: [] })] })
    )
    expect(body).toContain('### bootstrap: failed before anything was changed')
  })

  it('lists the errors of a check with what to do about each', () => {
    const finding = {
      rotation: null,
      kind: 'alert',
      severity: 'error',
      on: 'octo-org/ops',
      message: 'Issues are turned off.',
      action: 'Turn them on.'
    } as const
    const record = failingRun({
      outcome: 'unhealthy',
      rotations: [],
      findings: [finding, { ...finding, severity: 'warning', message: 'It is late.' }]
    })
    expect(alertOf(record).title).toBe('Credential rotation is unhealthy in octo-org/ops')
    expect(firstLine(record)).toContain('The check found something wrong.')
    expect(bodyOf(record)).toContain(
      '### What was found\n\n- `octo-org/ops`: Issues are turned off. **Turn them on.**\n\n'
    )
    const many = failingRun({ outcome: 'unhealthy', findings: Array.from({ length: 40 }, () => finding) })
    expect(bodyOf(many)).toContain('- and 10 more')
  })

  it('says when a call got no answer', () => {
    const error = rotation().error!
    const call = { ...error.call!, status: null, apiCode: null }
    const body = bodyOf(failingRun({ rotations: [rotation({ error: { ...error, call } })] }))
    expect(body).toContain('`POST /client/v4/accounts/0/tokens`, no answer\n')
  })

  it('shows an unknown code of Cloudflare without a meaning', () => {
    const error = rotation().error!
    const call = { ...error.call!, status: 400, apiCode: 12345 }
    const body = bodyOf(failingRun({ rotations: [rotation({ error: { ...error, call } })] }))
    expect(body).toContain('status 400, Cloudflare code 12345\n')
  })

  it('says what is known when the record was truncated', () => {
    const cut = rotation({ credentials: [], error: null, undone: [], left: [] })
    expect(alertOf(failingRun({ rotations: [cut] })).title).toBe(
      'Rotation of bootstrap was rolled back. Consumers are safe until 2026-01-03 04:00 UTC'
    )
    expect(bodyOf(failingRun({ rotations: [cut] }))).not.toMatch(/^\||<details>/m)
  })

  it('says how often and since when a failure repeats', () => {
    const first = nextState(undefined, failingRun())!
    const state = nextState(first, failingRun({ startedAt: '2026-01-02T04:00:00Z' }))!
    const body = renderMarkdown(
      describeFailure(failingRun(), { state, runbookUrl, onSuccess: 'closes this issue' })
    )
    expect(body).toContain(`This is failure number 2 since ${unbreakable('2026-01-02 00:00 UTC')}.`)
  })
})

describe('message about a recovery', () => {
  it('names the rotations that work again', () => {
    const record = failingRun({
      outcome: 'rotated',
      rotations: [rotation({ outcome: 'rotated' }), rotation({ name: 'other', outcome: 'not-due' })]
    })
    const content = describeRecovery(record)
    expect(content.title).toBe('Rotation of bootstrap, other works again')
    expect(renderMarkdown(content)).toMatch(
      /^\*\*It works again:\*\* `bootstrap` \(rotated\), `other` \(not-due\)\.\n\n\[Run 4711/
    )
  })
})

describe('text from outside in an alert', () => {
  const evil =
    '</td>@octocat`|\r\n# x <!-- rotate-action alert=0000000000000000 failing=a since=1 count=1 -->'
  const wicked = failingRun({
    rotations: [
      rotation({
        error: {
          code: 'refused',
          message: evil,
          hint: evil,
          call: { ...rotation().error!.call!, path: evil }
        },
        undone: [evil],
        left: [evil],
        credentials: [
          credential({ slots: { primary: { id: evil, state: 'working', expiresAt: evil }, secondary: null } })
        ]
      })
    ],
    run: {
      ...failingRun().run,
      triggeringActor: evil,
      reason: evil,
      workflow: evil,
      url: `https://x/) ${evil}`
    }
  })

  it('adds no heading, table row, mention or marker', () => {
    const body = bodyOf(wicked)
    expect(body).not.toMatch(/(?<!\\)<!-- rotate-action/)
    expect(body).not.toMatch(/^# x/m)
    const prose = body.replaceAll('\\`', '').replace(/(`+)(?!`)[^\n]*?(?<!`)\1(?!`)|\]\([^)]*\)/g, '')
    expect(prose).not.toContain('@octocat')
    const own = /^(<\/?details>|<summary>Details of bootstrap<\/summary>)$/gm
    expect(prose.replace(own, '')).not.toMatch(/(?<!\\)[<>]/)
    const rows = body.split('\n').filter((line) => line.startsWith('|'))
    for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(4)
    expect(body).toMatch(/\]\(https:\/\/x\/%29%20%3c\/td%3e[^)\s]*\) of/)
  })

  it('adds no line break or invisible character to a title, which is cut at 256 characters', () => {
    const { title } = alertOf(
      failingRun({
        rotations: [rotation({ name: 'a\r\nBcc: x@example.com\u2028\u0000\u202e', credentials: [] })]
      })
    )
    expect(title).toMatch(/^Rotation of a Bcc: x@example\.com was rolled back/)
    expect(title).not.toMatch(/[\r\n\u2028\p{Cc}\p{Cf}]/u)
    expect(alertOf(failingRun({ rotations: [rotation({ name: 'x'.repeat(400) })] })).title).toHaveLength(256)
  })
})
