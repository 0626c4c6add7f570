import * as core from '@actions/core'
import { findBadCharacter } from '../kernel/environment.ts'
import { RotationError } from '../kernel/error.ts'
import { findApiUrlProblem } from '../kernel/safe-url.ts'
import { Secret, type SecretRegistry } from '../kernel/secret.ts'
import { GivenSecrets } from './given-secrets.ts'
import { COMMANDS, meansContain, type Command } from '../session/command.ts'

/** The inputs of `action.yml` as plain data. */
export interface Inputs {
  /** A path, or YAML when it has more than one line. */
  readonly config: string
  readonly command: Command
  /** Names of rotations; empty for all. */
  readonly only: readonly string[]
  readonly force: boolean
  readonly reason: string
  readonly githubToken: Secret | undefined
  readonly githubSecretsToken: Secret | undefined
  /** The input `secrets`. */
  readonly given: GivenSecrets
  /** Without a slash at the end. */
  readonly cloudflareApiUrl: string
}

/**
 * Reads the inputs; the only caller of `getInput`.
 * @throws RotationError `bad-input` that names every input that is wrong
 */
export function readInputs(secrets: SecretRegistry): Inputs {
  const findings: string[] = []
  const githubToken = readSecret('github-token', secrets, findings)
  const githubSecretsToken = readSecret('github-secrets-token', secrets, findings)
  const inputs: Inputs = {
    config: core.getInput('config', { trimWhitespace: false }).trimEnd() || '.github/rotation.yml',
    command: readCommand(findings),
    only: core
      .getInput('only')
      .split(/[,\n]/)
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    force: readBoolean('force', findings),
    reason: core.getInput('reason').replace(/\s+/g, ' ') || 'scheduled',
    githubToken,
    githubSecretsToken,
    given: readGivenSecrets(findings),
    cloudflareApiUrl: readApiUrl(
      'cloudflare-api-url',
      core.getInput('cloudflare-api-url') || 'https://api.cloudflare.com/client/v4',
      findings
    )
  }
  if (meansContain(inputs.command, inputs.reason)) {
    findings.push(
      'reason: `exposure` changes nothing about a rotation. Use `command: contain`, which revokes everything older without an overlap'
    )
  }
  if (findings.length === 0) return inputs
  throw new RotationError(
    'bad-input',
    ['These inputs cannot be used:', ...findings.map((finding) => `  ${finding}`)].join('\n'),
    {
      hint: 'Nothing was called and nothing was changed. The README lists every input.'
    }
  )
}

/** Reads the root of an API. @returns the URL without a slash at the end */
export function readApiUrl(name: string, value: string, findings: string[]): string {
  const problem = findApiUrlProblem(value)
  if (problem !== undefined) findings.push(`${name}: ${problem}`)
  return value.replace(/\/+$/, '')
}

function readGivenSecrets(findings: string[]): GivenSecrets {
  const given = GivenSecrets.parse(core.getInput('secrets'), (value) => core.setSecret(value))
  if (given !== undefined) return given
  findings.push('secrets: is not a JSON object of texts: give it ${{ toJSON(secrets) }}')
  return new GivenSecrets()
}

/** No token is shorter; masking a word would damage the whole log. */
const SHORTEST_TOKEN = 16

function readSecret(name: string, secrets: SecretRegistry, findings: string[]): Secret | undefined {
  const value = core.getInput(name)
  if (value === '') return undefined
  const character = findBadCharacter(value)
  if (character !== undefined)
    findings.push(
      `${name}: has ${character} in it: store the token again as one line, without anything around it`
    )
  return value.length < SHORTEST_TOKEN ? new Secret(value) : secrets.register(value)
}

function readCommand(findings: string[]): Command {
  const value = core.getInput('command') || 'rotate'
  const command = COMMANDS.find((one) => one === value)
  if (command === undefined) findings.push(`command: must be one of ${COMMANDS.join(', ')}`)
  return command ?? 'rotate'
}

function readBoolean(name: string, findings: string[]): boolean {
  const value = core.getInput(name).toLowerCase()
  if (value !== '' && value !== 'true' && value !== 'false') findings.push(`${name}: must be true or false`)
  return value === 'true'
}
