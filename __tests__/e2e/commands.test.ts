import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import type { JobResult } from '../../sandbox/runner.ts'
import { ACCESS, BOOTSTRAP } from '../../sandbox/configurations.ts'
import type { RotationRecord, RunRecord } from '../../src/rotation/record/schema.ts'
import { createCertificates, LOGIN, startMailServer } from '../alerts/mail-server.ts'
import { read } from '../contract/repository.ts'
import { Stage } from './stage.ts'

const PAIR = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN'] as const
const matchesSchema = new Ajv({ strict: false }).compile(
  JSON.parse(read('docs/record.schema.json')) as object
)

let stage: Stage
beforeEach(async () => {
  stage = await Stage.open()
}, 60_000)
afterEach(async () => {
  expect(stage.leaks()).toEqual([])
  stage.contract.assert()
  await stage.close()
})

/** Lets the first rotation go well, so that both slots hold something at both destinations. */
async function rotateFirst(): Promise<void> {
  const { main } = await stage.run()
  expect(main.outputs['outcome']).toBe('rotated')
  stage.sandbox.transcript.clear()
}

/** The record that a run gave as its output, which is what its published schema says. */
function recordOf({ main }: JobResult): RunRecord {
  const record = JSON.parse(main.outputs['record'] ?? 'null') as RunRecord
  matchesSchema(record)
  expect(matchesSchema.errors ?? []).toEqual([])
  return record
}

function rotationOf(job: JobResult): RotationRecord {
  const [rotation, ...others] = recordOf(job).rotations
  expect(others).toEqual([])
  return rotation!
}

/** What was changed, at either API; the alert aside. */
function writes(): readonly string[] {
  return stage.sandbox.transcript.calls
    .filter(
      ({ method, applied, path }) =>
        !['GET', 'HEAD'].includes(method) && applied && !/\/(issues|labels)\b/.test(path)
    )
    .map(({ method, path }) => `${method} ${path}`)
}

/** The one token that a slot holds at both destinations. */
function heldBy(name: string) {
  const { store, github } = stage.slots()
  expect(store[name]).toBe(github[name])
  return stage.sandbox.cloudflare.tokens.findByValue(github[name]!)!
}

function errorsOf({ main }: JobResult): readonly string[] {
  return main.log.split('\n').filter((line) => line.startsWith('error: '))
}

function openIssues() {
  return stage.account.repository.issues.filter(({ state }) => state === 'open')
}

/** Lets Cloudflare refuse every new token. */
function breakCreation(): void {
  stage.sandbox.faults.add({
    match: { api: 'cloudflare', method: 'POST', path: /\/tokens$/, count: Infinity },
    when: 'before',
    answer: { status: 400 }
  })
}

/** What a workflow says that failed for want of a new token, whatever became of its alert. */
function expectFailedToCreate(job: JobResult): void {
  expect(job.main.exitCode).toBe(1)
  expect(job.main.outputs['outcome']).toBe('rolled-back')
  expect(errorsOf(job)).toEqual([expect.stringContaining('no new credential could be created')])
}

describe('the command plan of the built action', () => {
  it('says in log, summary and record what a rotation would do, and changes nothing', async () => {
    await rotateFirst()
    const before = stage.slots()
    const job = await stage.run({ inputs: { command: 'plan' } })

    expect(job.failed).toBe(false)
    expect(job.main.outputs).toMatchObject({ outcome: 'planned', rotated: '', due: '["bootstrap"]', 'alert-url': '' })
    const [primary, secondary] = [heldBy('PRIMARY_SECRET_EDIT_TOKEN'), heldBy('SECONDARY_SECRET_EDIT_TOKEN')]
    const lines = job.main.log.split('\n')
    expect(lines).toContainEqual(expect.stringMatching(/^\[bootstrap\] planned: It would rotate\. /))
    for (const line of [
      `create secret-edit: a new account-token, modelled on ${primary.id}`,
      'write PRIMARY_SECRET_EDIT_TOKEN at GitHub secrets of octo-org/ops, environment rotation: the new value',
      `write SECONDARY_SECRET_EDIT_TOKEN at Secrets Store ${stage.account.store.id}: the value of ${primary.id}, which works now`,
      `revoke ${secondary.id} of secret-edit: no slot holds it any more`
    ])
      expect(lines).toContain(`[bootstrap]   ${line}`)
    const count = (what: string): number =>
      lines.filter((line) => line.startsWith(`[bootstrap]   ${what} `)).length
    expect(['create', 'write', 'revoke', 'obstacle'].map(count)).toEqual([2, 8, 2, 0])
    expect(job.main.summary).toContain('## 📝 Credential rotation: planned')
    expect(job.main.summary).toContain(`**revoke** …\u2060${secondary.id.slice(-6)} of `)
    expect(job.main.summary).toContain(`to be revoked: \`${secondary.id}\``)

    expect(rotationOf(job).plan).toMatchObject({ decision: 'rotate', obstacles: [] })
    expect(rotationOf(job).plan!.write).toHaveLength(8)
    expect(writes()).toEqual([])
    expect(stage.slots()).toEqual(before)
    expect(stage.account.repository.issues).toEqual([])
  }, 60_000)
})

describe('the command check of the built action', () => {
  it('finds a rotated account healthy, and changes nothing', async () => {
    await rotateFirst()
    const job = await stage.run({ inputs: { command: 'check' } })
    expect(job.failed).toBe(false)
    expect(job.main.outputs).toMatchObject({ outcome: 'healthy', 'alert-url': '' })
    expect(recordOf(job).findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(job.main.summary).toContain('## ✅ Credential rotation: healthy')
    expect(writes()).toEqual([])
    expect(stage.account.repository.issues).toEqual([])
  }, 60_000)

  it('fails the job with one issue when something is wrong, and closes it when all is well', async () => {
    await rotateFirst()
    const token = heldBy('PRIMARY_SECRET_EDIT_TOKEN')
    token.disabled = true
    for (let time = 0; time < 2; time++) {
      const job = await stage.run({ inputs: { command: 'check' } })
      expect(job.failed).toBe(true)
      expect(job.main.outputs['outcome']).toBe('unhealthy')
      expect(recordOf(job).findings.map(({ kind }) => kind)).toContain('primary-dead')
      expect(errorsOf(job).join()).toContain('secret-edit')
      expect(job.main.summary).toMatch(/❌ \W*primary-dead\b.*secret-edit/)
      expect(openIssues()).toHaveLength(1)
      expect(job.main.outputs['alert-url']).toContain(`/issues/${openIssues()[0]!.number}`)
    }
    token.disabled = false
    const mended = await stage.run({ inputs: { command: 'check' } })
    expect(mended.main.outputs['outcome']).toBe('healthy')
    expect(stage.account.repository.issues.map(({ state }) => state)).toEqual(['closed'])
    expect(writes()).toEqual([])
  }, 60_000)
})

describe('the command rollback of the built action', () => {
  const ROLLBACK = { command: 'rollback' }

  it('swaps the slots at both destinations and revokes nothing', async () => {
    await rotateFirst()
    const { github: before } = stage.slots()
    const alive = stage.managed()
    const job = await stage.run({ inputs: ROLLBACK })
    expect(job.failed).toBe(false)
    expect(job.main.outputs).toMatchObject({ outcome: 'rotated', rotated: 'bootstrap' })
    expect(recordOf(job).command).toBe('rollback')
    expect(job.main.log).toContain('PRIMARY was rolled back to')
    for (const name of PAIR) {
      expect(heldBy(`PRIMARY_${name}`).value).toBe(before[`SECONDARY_${name}`])
      expect(heldBy(`SECONDARY_${name}`).value).toBe(before[`PRIMARY_${name}`])
    }
    expect(stage.managed()).toEqual(alive)
    expect([...stage.account.namespace.keys]).toEqual([])
  }, 60_000)

  it('changes nothing and names the dead token when SECONDARY is dead', async () => {
    await rotateFirst()
    heldBy('SECONDARY_SECRET_EDIT_TOKEN').disabled = true
    const before = stage.slots()
    const job = await stage.run({ inputs: ROLLBACK })
    expect(job.failed).toBe(true)
    expect(job.main.outputs['outcome']).toBe('failed')
    expect(rotationOf(job).error).toMatchObject({ code: 'no-fallback' })
    expect(errorsOf(job)).toEqual([expect.stringContaining('secret-edit: SECONDARY does not work')])
    expect(stage.slots()).toEqual(before)
    expect([...stage.account.namespace.keys]).toEqual([])
    expect(openIssues()).toHaveLength(1)
  }, 60_000)

  it('refuses a rotation with a single slot before it calls anything', async () => {
    const job = await stage.run({ inputs: { ...ROLLBACK, config: ACCESS }, env: stage.accessEnvironment() })
    expect(job.failed).toBe(true)
    expect(recordOf(job).error).toMatchObject({ code: 'no-fallback' })
    expect(errorsOf(job)).toEqual([expect.stringContaining('r2-explorer has a single slot')])
    const called = stage.sandbox.transcript.calls.map(({ path }) => path)
    expect(called.filter((path) => !/\/(issues|labels)\b/.test(path))).toEqual([])
  }, 60_000)
})

describe('a rotation of the built action whose reason is exposure', () => {
  it('revokes every older token and shows in the summary how long each remained valid', async () => {
    await rotateFirst()
    const exposed = ['PRIMARY', 'SECONDARY'].flatMap((slot) => PAIR.map((name) => heldBy(`${slot}_${name}`)))
    const job = await stage.run({ inputs: { command: 'contain' } })
    expect(job.failed).toBe(false)
    expect(job.main.outputs['outcome']).toBe('rotated')
    for (const { id, deletedAt } of exposed) {
      expect(deletedAt).toBeDefined()
      expect(job.main.summary).toMatch(
        new RegExp(`revoked \`${id}\` .*; it remained valid for \\d+(\\.\\d+)? s`)
      )
    }
    for (const name of PAIR) expect(heldBy(`PRIMARY_${name}`)).toBe(heldBy(`SECONDARY_${name}`))
    expect(stage.managed()).toHaveLength(2)
    const { credentials } = rotationOf(job)
    expect(credentials.flatMap(({ revoked }) => revoked)).toHaveLength(4)
    expect(credentials.flatMap(({ kept }) => kept)).toEqual([])
    expect(job.main.summary).toContain('command: contain')
  }, 60_000)

  it('fails with the original reason and loses nothing when no token that may create tokens is left', async () => {
    await rotateFirst()
    for (const slot of ['PRIMARY', 'SECONDARY']) heldBy(`${slot}_TOKEN_CREATION_TOKEN`).disabled = true
    const before = stage.slots()
    const job = await stage.run({ inputs: { command: 'contain' } })
    expect(job.failed).toBe(true)
    expect(job.main.outputs['outcome']).toBe('failed')
    expect(errorsOf(job)).toEqual([
      expect.stringContaining(
        'auth.tokens: $PRIMARY_TOKEN_CREATION_TOKEN, then $SECONDARY_TOKEN_CREATION_TOKEN refused'
      )
    ])
    expect(stage.slots()).toEqual(before)
    expect(writes().filter((call) => !call.includes('/storage/kv/'))).toEqual([])
    expect(openIssues()).toHaveLength(1)
    expect(openIssues()[0]!.body?.replaceAll('\\', '')).toContain('$PRIMARY_TOKEN_CREATION_TOKEN')
  }, 60_000)
})

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
