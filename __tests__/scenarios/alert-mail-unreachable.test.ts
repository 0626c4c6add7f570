import { createServer, type AddressInfo } from 'node:net'
import { expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { breakCreation } from './alert-mail.ts'
import { expectConsumersSafe, failureOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'

/** A loopback port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

it('reports the failure in full although the mail server cannot be reached', async () => {
  const world = await createRotatedScenario()
  breakCreation(world)
  const port = await closedPort()
  const run = await world.run({
    configuration: configure(BOOTSTRAP, {
      top: {
        alert: {
          ...{ type: 'email', from: 'rotation@example.com', to: 'ops@example.com' },
          smtp: { host: '127.0.0.1', port, username: 'MAIL_USER', password: 'MAIL_PASSWORD' }
        }
      }
    }),
    env: { ...world.environment(), MAIL_USER: 'alerts', MAIL_PASSWORD: 'correct horse' }
  })
  expect(run.record.outcome).toBe('rolled-back')
  expect(failureOf(run).message).toContain('no new credential could be created')
  expectConsumersSafe(world)
  expect(run.alertError).toMatchObject({
    code: 'alert',
    message: expect.stringContaining(`127.0.0.1:${port} could not be reached`) as unknown,
    hint: expect.stringContaining('alert.smtp.host') as unknown
  })
  expect(JSON.stringify([run.record, run.log, run.alertError?.message])).not.toContain('correct horse')
})
