import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { breakCreation, MAILED, mailsOf, runMailed } from './alert-mail.ts'
import { createRotatedScenario } from './scenario.ts'

const DAILY = configure(MAILED, { rotation: { every: '2h' } })

describe('mail about a recovery', () => {
  it('sends one mail about a recovery, in the thread of the failure', async () => {
    const world = await createRotatedScenario()
    const repair = breakCreation(world)
    await runMailed(world)
    repair()
    world.clock.advance(HOUR)
    expect((await runMailed(world)).record.outcome).toBe('rotated')
    world.clock.advance(HOUR)
    expect((await runMailed(world)).record.outcome).toBe('rotated')

    const mails = mailsOf(world)
    expect(mails.map(({ subject }) => subject)).toEqual([
      expect.stringContaining('was rolled back'),
      'Rotation of bootstrap works again'
    ])
    expect(mails[1]!.headers).toEqual(mails[0]!.headers)
    expect(mails[1]!.text).toContain('It works again: bootstrap (rotated).')
  })

  it('recognises a recovery among other workflows, other branches and cancelled runs', async () => {
    const world = await createRotatedScenario()
    const { repository } = world.account
    const over = { status: 'completed', conclusion: 'failure' }
    await runMailed(world)
    world.clock.advance(HOUR)
    repository.addRun({ ...over, workflowId: 7, path: '.github/workflows/test.yml' })
    repository.addRun({ ...over, headBranch: 'topic' })
    repository.addRun({ ...over, conclusion: 'cancelled' })
    world.clock.advance(HOUR)
    await runMailed(world)
    expect(mailsOf(world)).toEqual([])
    repository.addRun(over)
    repository.addRun({ ...over, conclusion: 'cancelled' })
    world.clock.advance(HOUR)
    await runMailed(world)
    expect(mailsOf(world)).toHaveLength(1)
  })

  it('finds the failed run behind many runs of other workflows, up to a limit', async () => {
    const world = await createRotatedScenario()
    const { repository } = world.account
    const push = (count: number): void => {
      for (let run = 0; run < count; run++) {
        repository.addRun({ status: 'completed', conclusion: 'success', workflowId: 7 })
      }
    }
    repository.addRun({ status: 'completed', conclusion: 'failure' })
    world.clock.advance(HOUR)
    push(150)
    world.clock.advance(HOUR)
    await runMailed(world)
    expect(mailsOf(world)).toHaveLength(1)
    world.clock.advance(HOUR)
    push(300)
    world.clock.advance(HOUR)
    const run = await runMailed(world)
    expect(mailsOf(world)).toHaveLength(1)
    expect(run.log.join('\n')).toContain('No mail about a recovery is sent')
  })

  it('sends a mail about a recovery when the run was attempted again', async () => {
    const world = await createRotatedScenario()
    await runMailed(world, { attempt: 2 })
    expect(mailsOf(world).map(({ subject }) => subject)).toEqual(['Rotation of bootstrap works again'])
  })

  it('logs that it cannot detect a recovery where the token may not read runs', async () => {
    const world = await createRotatedScenario()
    const repair = breakCreation(world)
    world.account.githubToken.permissions = { issues: 'write' }
    await runMailed(world)
    repair()
    world.clock.advance(HOUR)
    const run = await runMailed(world)
    expect(run.record.outcome).toBe('rotated')
    expect(run.alertError).toBeUndefined()
    expect(mailsOf(world)).toHaveLength(1)
    expect(run.log.filter((line) => line.includes('actions: read'))).toHaveLength(1)
  })
})

describe('run without a due rotation', () => {
  it('sends no mail when nothing is due', async () => {
    const world = await createRotatedScenario()
    await runMailed(world)
    world.clock.advance(HOUR)
    const run = await runMailed(world, { configuration: DAILY })
    expect(run.record.outcome).toBe('not-due')
    expect(mailsOf(world)).toEqual([])
  })
})
