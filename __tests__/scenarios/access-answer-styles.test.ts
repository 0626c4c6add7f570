import { expect, it } from '@jest/globals'
import type { AnswerStyle } from '../../sandbox/cloudflare/access-applications.ts'
import { automationOf } from '../../simulation/world.ts'
import { credentialOf, expectRotated } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'

const STYLES: readonly (readonly [AnswerStyle, string, string])[] = [
  ['401', 'unauthenticated', '401 access_required'],
  ['identity', 'unauthenticated', '302 to a login page'],
  ['service-auth-only', 'forbidden', '403'],
  ['strict', 'unauthenticated', '401 access_required']
]

it.each(STYLES)(
  'confirms that an old pair is revoked where the application answers as %s',
  async (style, verdict, detail) => {
    const world = createScenario(accessService)
    automationOf(world).application.answerStyle = style
    const run = await world.run()
    expectRotated(world, run)
    expect(credentialOf(run).probes.find(({ of }) => of === 'old')).toMatchObject({
      verdict,
      detail: expect.stringContaining(detail) as unknown
    })
  }
)

it('takes a 403 as proof that the old pair is revoked only while the new pair is accepted', async () => {
  const world = createScenario(accessService)
  const { application, serviceToken } = automationOf(world)
  application.answerStyle = 'strict'
  application.failure = () => (serviceToken.enabled.current ? undefined : 'insufficient_scope')
  const run = await world.run()
  expect(run.record.outcome).toBe('rolled-back')
  expect(serviceToken.enabled.current).toBe(true)
})
