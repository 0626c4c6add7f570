import { describe, expect, it } from '@jest/globals'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { findMissingValues, parseConfiguration, readValues } from '../../src/compose/configuration.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'

const SMTP = `alert:
  type: email
  from: a@example.com
  to: b@example.com
  smtp: { host: mail.example.com, username: MAIL_USER, password: MAIL_PASSWORD }
`
const ENV: Readonly<Record<string, string>> = {
  CLOUDFLARE_API_TOKEN: 'token-for-everything',
  PRIMARY_TOKEN_CREATION_TOKEN: 'fake-token-creation',
  PRIMARY_SECRET_EDIT_TOKEN: 'fake-secret-editing',
  MAIL_USER: 'mail-user-name',
  MAIL_PASSWORD: 'mail-password'
}

function readWith(alert: string, env: Readonly<Record<string, string>> = ENV) {
  const configuration = parseConfiguration(`${BOOTSTRAP}${alert}`, 'rotation.yml')
  const masked: string[] = []
  const values = readValues(
    configuration,
    (name) => env[name],
    new SecretRegistry((value) => void masked.push(value))
  )
  const missing = findMissingValues(configuration, configuration.rotations, (name) => env[name])
  return { values, masked, missing: missing.map(({ path }) => path) }
}

function without(name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(ENV).filter(([key]) => key !== name))
}

describe('the login of a mail server', () => {
  it('is read, and its password is masked', () => {
    const { values, masked, missing } = readWith(SMTP)
    expect(values.get('MAIL_USER')?.reveal()).toBe('mail-user-name')
    expect(values.get('MAIL_PASSWORD')?.reveal()).toBe('mail-password')
    expect(masked).toContain('mail-password')
    expect(masked).not.toContain('mail-user-name')
    expect(missing).toEqual([])
  })

  it('is masked whole where its user name is a secret elsewhere', () => {
    for (const name of ['MAIL_PASSWORD', 'PRIMARY_SECRET_EDIT_TOKEN', 'CLOUDFLARE_API_TOKEN']) {
      const { masked } = readWith(SMTP.replace('username: MAIL_USER', `username: ${name}`))
      expect(masked).toContain(ENV[name])
    }
  })

  it.each([
    ['MAIL_USER', 'alert.smtp.username'],
    ['MAIL_PASSWORD', 'alert.smtp.password']
  ])('that lacks %s is reported', (name, path) => {
    expect(readWith(SMTP, without(name)).missing).toEqual([path])
    expect(readWith(SMTP, { ...ENV, [name]: '' }).missing).toEqual([path])
  })
})

describe("the token for Cloudflare's mail", () => {
  const byCloudflare = SMTP.replace(/ {2}smtp: .*\n/, '')

  it('is demanded where mail goes that way, and only there', () => {
    const env = { ...without('CLOUDFLARE_API_TOKEN'), OTHER: 'fake-lock-token-0123' }
    const missingWith = (alert: string): readonly string[] => {
      const text = `${BOOTSTRAP}${alert}`.replace('auth:\n', 'auth:\n  lock: OTHER\n')
      const configuration = parseConfiguration(text, 'rotation.yml')
      const valueOf = (name: string): string | undefined => new Map(Object.entries(env)).get(name)
      return findMissingValues(configuration, configuration.rotations, valueOf).map(({ path }) => path)
    }
    expect(missingWith(byCloudflare)).toEqual(['auth.email'])
    expect(missingWith(SMTP)).toEqual([])
    expect(missingWith('')).toEqual([])
  })
})
