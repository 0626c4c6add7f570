import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { GitHubClient, type GitHubOptions } from '../../github/client.ts'
import { parseAnswer } from '../../http/parse-answer.ts'
import { ifFound, RotationError } from '../../kernel/error.ts'
import { parseRepository } from '../../kernel/repository.ts'
import type { Secret, SecretRegistry } from '../../kernel/secret.ts'
import type { RepositoryFacts } from './setup-repository.ts'

/** Repository permissions of the App, by GitHub's names. */
const PERMISSIONS = { secrets: 'write', environments: 'write' } as const
/** Longest name of an App; GitHub's form. */
const MAX_NAME = 34
/** Life of a JWT, in seconds; GitHub takes at most ten minutes, and one that begins a little earlier for clocks that differ. */
const JWT_SECONDS = 300
const CLOCK_SECONDS = 60

const installationSchema = v.looseObject({ id: v.number(), permissions: v.record(v.string(), v.string()) })
const tokenSchema = v.looseObject({ token: v.string() })

/**
 * Link to the form that registers the App, filled in.
 * Source: GitHub's documentation, "Registering a GitHub App using URL parameters".
 */
export function appLink({ owner, isOrganization, url }: RepositoryFacts, repository: string): string {
  const server = new URL(url).origin
  const form = isOrganization
    ? `${server}/organizations/${owner}/settings/apps/new`
    : `${server}/settings/apps/new`
  const query = new URLSearchParams({
    name: `${parseRepository(repository).repo}-rotation`.slice(0, MAX_NAME),
    url,
    public: 'false',
    webhook_active: 'false',
    ...PERMISSIONS
  })
  return `${form}?${query.toString()}`
}

/** What identifies an App. */
export interface AppKey {
  readonly clientId: string
  readonly privateKey: Secret
}

/** How an App is installed on a repository. */
export type Installation =
  | { readonly state: 'missing' }
  | { readonly state: 'installed'; readonly lacking: readonly string[]; readonly id: number }

/** The App as it sees itself, signed by its key. */
export class GithubApp {
  readonly #client: GitHubClient
  readonly #repository: string

  /** @throws RotationError `bad-input` for a key that cannot be read */
  constructor(
    { clientId, privateKey }: AppKey,
    {
      repository,
      now,
      secrets,
      ...options
    }: GitHubOptions & {
      readonly repository: string
      readonly now: () => number
      readonly secrets: SecretRegistry
    }
  ) {
    const jwt = signJwt(clientId, readKey(privateKey), Math.floor(now() / 1000))
    this.#client = new GitHubClient(secrets.register(jwt), options)
    this.#repository = repository
  }

  /** Finds its installation on the repository. */
  async findInstallation(): Promise<Installation> {
    const at = parseRepository(this.#repository)
    const found = await ifFound(this.#client.call((rest) => rest.apps.getRepoInstallation(at)))
    if (found === undefined) return { state: 'missing' }
    const { id, permissions } = parseAnswer(installationSchema, found.data, 'reading an installation')
    const lacking = Object.entries(PERMISSIONS).flatMap(([name, level]) =>
      permissions[name] === level ? [] : [`${name}: ${level}`]
    )
    return { state: 'installed', id, lacking }
  }

  /** Makes a token of the installation for the repository. */
  async createToken(installation_id: number, secrets: SecretRegistry): Promise<Secret> {
    const { repo } = parseRepository(this.#repository)
    const { data } = await this.#client.call((rest) =>
      rest.apps.createInstallationAccessToken({
        installation_id,
        repositories: [repo],
        permissions: PERMISSIONS
      })
    )
    return secrets.register(parseAnswer(tokenSchema, data, "making the App's token").token)
  }
}

function readKey(privateKey: Secret): KeyObject {
  try {
    return createPrivateKey(privateKey.reveal())
  } catch {
    // The parser's error may quote the key.
    throw new RotationError('bad-input', "The App's private key cannot be read.", {
      hint: 'Give the .pem file that GitHub made, as it is.'
    })
  }
}

function signJwt(clientId: string, key: KeyObject, now: number): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const claims = { iat: now - CLOCK_SECONDS, exp: now + JWT_SECONDS, iss: clientId }
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
}
