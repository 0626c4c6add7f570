import { expect, it } from '@jest/globals'
import { expectNothingWritten, failureOf } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'

it.each(['ftp://share.example.test', 'share.example.test', 'https://', 'not a url'])(
  'refuses a probe URL whose variable is not http(s): %s',
  async (base) => {
    const world = createScenario(accessService)
    const run = await world.run({ env: { ...world.environment(), R2_EXPLORER_BASE_URL: base } })
    expectNothingWritten(world, run)
    expect(failureOf(run).message).toContain('R2_EXPLORER_BASE_URL')
  }
)
