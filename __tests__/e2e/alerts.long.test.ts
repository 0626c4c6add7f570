import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'
import { createCertificates, LOGIN, startMailServer } from '../alerts/mail-server.ts'
import { breakCreation, expectFailedToCreate, stage, useStage } from './command-stage.ts'

useStage()

describe('an alert of the built action', () => {
  const MAIL_LOGIN = { MAIL_USER: LOGIN.username, MAIL_PASSWORD: LOGIN.password }
  const mailed = (port: number): string => `${BOOTSTRAP}alert:
  type: email
  from: rotation@example.com
  to: ops@example.com
  smtp: { host: 127.0.0.1, port: ${port}, username: MAIL_USER, password: MAIL_PASSWORD }
`

  it('is one mail to a server with STARTTLS and a login whose authority the step trusts', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'authority-'))
    const { own } = await createCertificates()
    const server = await startMailServer({ key: own.private, cert: own.cert })
    try {
      const authority = join(directory, 'authority.pem')
      writeFileSync(authority, own.cert)
      breakCreation()
      const job = await stage.run({
        inputs: { config: mailed(server.port) },
        env: { ...stage.environment(), ...MAIL_LOGIN, NODE_EXTRA_CA_CERTS: authority }
      })
      expectFailedToCreate(job)
      expect(job.main.log).not.toContain('The alert failed')
      expect(server.received).toEqual([
        expect.objectContaining({
          from: 'rotation@example.com',
          to: ['ops@example.com'],
          secure: true,
          user: LOGIN.username
        })
      ])
      const { raw } = server.received[0]!
      expect(raw.replace(/\r\n[ \t]+/g, ' ')).toMatch(/^Subject: Rotation of bootstrap was rolled back/m)
      for (const value of [...Object.values(stage.environment()), LOGIN.password]) {
        expect(raw).not.toContain(value)
        expect(job.main.output.replace(/^::add-mask::.*$/gm, '')).not.toContain(value)
      }
      expect(stage.account.repository.issues).toEqual([])
    } finally {
      await server.close()
      rmSync(directory, { recursive: true, force: true })
    }
  }, 60_000)

  it('is a warning when no mail server accepts it, and the workflow fails with its own reason', async () => {
    breakCreation()
    const port = await closedPort()
    const job = await stage.run({
      inputs: { config: mailed(port) },
      env: { ...stage.environment(), ...MAIL_LOGIN }
    })
    expectFailedToCreate(job)
    expect(job.main.log).toMatch(
      new RegExp(`^warning: The alert failed: .*127\\.0\\.0\\.1:${port} could not be reached`, 'm')
    )
    expect(job.main.output.replace(/^::add-mask::.*$/gm, '')).not.toContain(LOGIN.password)
  }, 60_000)

  it('is a warning when its repository does not exist, and the workflow fails with its own reason', async () => {
    breakCreation()
    const config = `${BOOTSTRAP}alert: { type: issue, repository: octo-org/nowhere }\n`
    const job = await stage.run({ inputs: { config } })
    expectFailedToCreate(job)
    expect(job.main.log).toMatch(
      /^warning: The alert failed: .*there is no repository octo-org\/nowhere .*Check alert\.repository/m
    )
    expect(stage.account.repository.issues).toEqual([])
  }, 60_000)
})

/** A loopback port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
