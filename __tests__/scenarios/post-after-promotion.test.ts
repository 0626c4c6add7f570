import { it } from '@jest/globals'
import { isCall } from '../../simulation/calls.ts'
import { revoking } from '../../simulation/configurations.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { createRotatedScenario } from './scenario.ts'
import { swallowGithubWrite, swallowStoreWrite } from './swallowed-writes.ts'

it.each([
  ['GitHub', swallowGithubWrite],
  ['the store', swallowStoreWrite]
])(
  'post revokes nothing that PRIMARY may hold when %s answers its write without carrying it out',
  async (_where, swallow) => {
    const world = await createRotatedScenario()
    const job = {
      env: world.environment(),
      nonce: 'the job',
      configuration: revoking({ 'in-use': 'ignore' }, BOOTSTRAP)
    }
    const restart = crashDuring(world, { at: isCall('editStored'), nth: 4, when: 'after' })
    const { runId } = await world.run(job)
    restart()
    swallow(world, 'PRIMARY_SECRET_EDIT_TOKEN')
    // The scenario itself fails when this breaks I2.
    await world.run({ ...job, runId })
  }
)
