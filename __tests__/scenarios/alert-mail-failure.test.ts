import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { breakCreation, MAIL, MAILED, mailsOf, runMailed } from './alert-mail.ts'
import { expectConsumersSafe, failureOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'

describe('alert by mail', () => {
  it('sends one mail with all details when a run was rolled back', async () => {
    const world = await createRotatedScenario()
    breakCreation(world)
    const run = await runMailed(world)

    expect(run.record.outcome).toBe('rolled-back')
    expectConsumersSafe(world)
    expect({ url: run.alertUrl, error: run.alertError }).toEqual({ url: undefined, error: undefined })
    const [mail, ...more] = mailsOf(world)
    expect(more).toEqual([])
    expect(mail).toMatchObject({
      from: 'rotation@example.com',
      to: ['ops@example.com', 'oncall@example.com'],
      subject: expect.stringMatching(/^Rotation of bootstrap was rolled back: .*safe until/) as unknown
    })
    for (const part of [mail!.text!, mail!.html!]) {
      expect(part).toContain(`actions/runs/${run.runId}`)
      expect(part).toContain(`docs/runbook.md#${failureOf(run).code}`)
      expect(part).toContain(`POST /client/v4/accounts/${world.account.accountId}/tokens`)
    }
    expect(mail!.headers).toEqual({
      'In-Reply-To': expect.stringMatching(/^<rotate-action\.[0-9a-f]{16}@example\.com>$/) as unknown,
      References: mail!.headers['In-Reply-To']
    })
    expect(world.account.repository.issues).toEqual([])
  })

  it('names in the log the recipients that the mail service refuses', async () => {
    const world = await createRotatedScenario()
    world.sandbox.cloudflare.email.suppressed.add('ops@example.com')
    breakCreation(world)
    const run = await runMailed(world)
    expect(mailsOf(world).map(({ delivered }) => delivered)).toEqual([['oncall@example.com']])
    expect(run.alertError).toBeUndefined()
    expect(run.log.join('\n')).toMatch(/warning: .*not to ops@example\.com/)
  })

  it.each([
    ['everybody is suppressed', {}, ['ops@example.com', 'oncall@example.com'], /alert\.to/],
    ['the sender has no domain there', { from: 'x@example.org' }, [], /alert\.from/],
    ['the token may not send', { token: 'Workers KV Storage Write' }, [], /Email Sending Edit/]
  ] as const)(
    'reports the failure in full although the mail cannot be sent because %s',
    async (_why, change, gone, hint) => {
      const world = await createRotatedScenario()
      for (const address of gone) world.sandbox.cloudflare.email.suppressed.add(address)
      breakCreation(world)
      const other =
        'token' in change
          ? world.sandbox.cloudflare.tokens.seed({ name: 'x', groups: [change.token] })
          : undefined
      const run = await runMailed(world, {
        ...('from' in change
          ? { configuration: configure(MAILED, { top: { alert: { ...MAIL, from: change.from } } }) }
          : {}),
        ...(other === undefined ? {} : { env: { ...world.environment(), MAIL_TOKEN: other.value } })
      })
      expect(run.record.outcome).toBe('rolled-back')
      expect(failureOf(run).message).toContain('no new credential could be created')
      expect(run.alertError).toMatchObject({ code: 'alert', hint: expect.stringMatching(hint) as unknown })
      expect(run.alertError!.message).toMatch(/^The alert could not be raised: /)
      expect(mailsOf(world)).toEqual([])
    }
  )

  it('does not send a mail twice when its answer is lost', async () => {
    const world = await createRotatedScenario()
    breakCreation(world)
    world.sandbox.faults.add({ match: { path: /\/email\/sending/ }, when: 'after', answer: 'drop' })
    const run = await runMailed(world)
    expect(run.alertError?.code).toBe('alert')
    expect(mailsOf(world)).toHaveLength(1)
  })

  it('fails before anything is called when the token for the mail is missing, and says so', async () => {
    const world = await createRotatedScenario()
    const run = await runMailed(world, { env: world.environment() })
    expect(failureOf(run)).toMatchObject({
      code: 'missing-value',
      message: expect.stringContaining('auth.email: the environment variable MAIL_TOKEN') as unknown
    })
    expect(run.alertError).toMatchObject({
      code: 'alert',
      message: expect.stringContaining('auth.email') as unknown
    })
  })

  it.each([
    [500, '10002'],
    [503, '10100']
  ])('sends the mail again after %i with %s, which say that it was not sent', async (status, code) => {
    const world = await createRotatedScenario()
    breakCreation(world)
    world.sandbox.faults.add({
      match: { path: /\/email\/sending/ },
      when: 'before',
      answer: { refusal: { status, code, message: 'no' } }
    })
    const run = await runMailed(world)
    expect(run.alertError).toBeUndefined()
    expect(mailsOf(world)).toHaveLength(1)
  })

  it('does not send the mail again after a server error that may have sent it', async () => {
    const world = await createRotatedScenario()
    breakCreation(world)
    world.sandbox.faults.add({ match: { path: /\/email\/sending/ }, when: 'after', answer: { status: 503 } })
    expect((await runMailed(world)).alertError?.code).toBe('alert')
    expect(mailsOf(world)).toHaveLength(1)
  })

  it.each([
    ['10203', /Sending is disabled/],
    ['10204', /domain of `alert\.from`/],
    ['10105', /plan of this account.*alert\.smtp/],
    ['10102', /permission Email Sending Edit/]
  ])('says what to do when the mail is refused with %s', async (code, hint) => {
    const world = await createRotatedScenario()
    breakCreation(world)
    world.sandbox.faults.add({
      match: { path: /\/email\/sending/, count: Infinity },
      when: 'before',
      answer: { refusal: { status: 403, code, message: 'no' } }
    })
    const run = await runMailed(world)
    expect(run.alertError).toMatchObject({ code: 'alert', hint: expect.stringMatching(hint) as unknown })
    expect(run.alertError!.message).toContain(`403: ${code} no`)
  })
})
