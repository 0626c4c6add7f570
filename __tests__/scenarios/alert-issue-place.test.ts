import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { breakCreation } from './alert-mail.ts'
import { failureOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'

describe('alert without a place', () => {
  it('names the repository of the alert that does not exist, and what to check', async () => {
    const world = await createRotatedScenario()
    breakCreation(world)
    const run = await world.run({
      configuration: configure(BOOTSTRAP, {
        top: { alert: { type: 'issue', repository: 'octo-org/nowhere' } }
      })
    })
    expect(failureOf(run).message).toContain('no new credential could be created')
    expect(run.alertError).toMatchObject({
      code: 'alert',
      message:
        'The alert could not be raised: there is no repository octo-org/nowhere that github-token may see.',
      hint: expect.stringContaining('alert.repository') as unknown
    })
  })

  it('says that issues are disabled, and where to enable them', async () => {
    const world = await createRotatedScenario()
    world.account.repository.hasIssues = false
    breakCreation(world)
    const run = await world.run()
    expect(failureOf(run).message).toContain('no new credential could be created')
    expect(run.alertError).toMatchObject({
      code: 'alert',
      message: 'The alert could not be raised: Issues are disabled in octo-org/ops.',
      hint: expect.stringMatching(/settings of the repository/) as unknown
    })
  })
})
