import type { CloudflareAccount } from '../cloudflare/account.ts'
import {
  findPreview,
  readPagesProject,
  type PagesDeployment,
  type PagesEnvironment,
  type PagesProject,
  type PagesVariables,
  type ServingDeployment
} from '../cloudflare/pages-projects.ts'
import { CLOCK_TOLERANCE_MS, formatInstant, type Clock } from '../kernel/clock.ts'
import { asRotationError, type RotationError } from '../kernel/error.ts'
import type { Home } from '../rotation/model/managed-name.ts'
import type {
  Confirmation,
  Destination,
  DestinationEntry,
  SlotWrite,
  WriteOutcome
} from '../rotation/model/destination.ts'
import type { Finding } from '../rotation/model/finding.ts'
import type { CredentialObject } from '../rotation/model/ports.ts'
import type { WriteQueue } from './write-queue.ts'
import { formatTag, parseTag } from './write-tag.ts'

/** What a {@link PagesSecret} is built from. */
export interface PagesSecretOptions {
  readonly account: CloudflareAccount
  readonly project: string
  readonly environment: PagesEnvironment
  readonly runId: string
  readonly home: Home
  readonly namesOf: Destination['namesOf']
  /** The project, read once a run. */
  readonly state: () => Promise<PagesProject>
  /** Shared by the environments of a project. */
  readonly queue: WriteQueue
  readonly clock: Clock
}

interface PagesVariable {
  readonly type: 'secret_text' | 'plain_text'
  readonly value: string
}

/** Begin of the names of the variables that say which object a secret belongs to. */
export const TAG_PREFIX = 'ROTATION_'

/**
 * Secrets of one environment of a Pages project. Beside each secret a plain variable says which object it belongs to: a deployment keeps both, so that
 * the variables of the deployment that serves tell what its code reads.
 */
export class PagesSecret implements Destination {
  readonly type = 'pages-secret'
  readonly label: string
  readonly namesOf: Destination['namesOf']
  /** No call returns the value of a secret, so no run gets its environment from here. */
  readonly feedsNextRun = false
  readonly writesTogether = true
  readonly #options: PagesSecretOptions
  readonly #own = new Map<SlotWrite, string>()
  /** The tags as they were before this run wrote anything, by secret. */
  #before = new Map<string, string>()
  #lastWriteAt = 0

  constructor(options: PagesSecretOptions) {
    this.#options = options
    this.label = `Pages project ${options.project} (${options.environment})`
    this.namesOf = options.namesOf
  }

  async observe(secrets: readonly string[]): Promise<ReadonlyMap<string, DestinationEntry>> {
    const { state, environment, home } = this.#options
    let variables: PagesVariables
    try {
      variables = (await state()).variables[environment]
    } catch (thrown) {
      throw this.#explain(asRotationError(thrown))
    }
    const existing = secrets.filter((name) => variables.has(name))
    this.#before = new Map(existing.map((name) => [name, tagOf(variables, name)]))
    return new Map(
      existing.map((secret): [string, DestinationEntry] => {
        const tag = parseTag(tagOf(variables, secret))
        if (tag === undefined) return [secret, { secret }]
        const whose = home.own.has(tag.home) ? { holds: tag.holds } : { otherHome: tag.home }
        return [secret, { secret, ...whose, updatedAt: tag.at }]
      })
    )
  }

  write(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]> {
    return this.#options.queue.run(async () => {
      const started = this.#options.clock.monotonic()
      const error = await this.#write(writes)
      const tookMs = this.#options.clock.monotonic() - started
      return writes.map((write) =>
        error === undefined
          ? { write, effect: 'applied', tookMs }
          : { write, effect: error.effect, tookMs, error }
      )
    })
  }

  async confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]> {
    try {
      const variables = await this.#read()
      return outcomes.map(({ write }) => this.#classify(write, variables))
    } catch (thrown) {
      const error = this.#explain(asRotationError(thrown))
      return outcomes.map(() => ({ state: 'unknown', error }))
    }
  }

  async findReasonToWait(object: CredentialObject, secrets: readonly string[]): Promise<string | undefined> {
    const { serving, next } = await this.#readServing()
    if (serving === 'none') return undefined
    if (serving === 'unknown')
      return `${this.#name()} may still hold it: Cloudflare does not say which one serves`
    const { createdAt = Infinity } = serving
    if (createdAt + CLOCK_TOLERANCE_MS < (object.issuedAt ?? 0)) return undefined
    const held = secrets.find((name) => mayHold(serving, name, object.id, next))
    if (held === undefined) return undefined
    return `${held} of ${this.#name(serving)} may still hold it, until the project is deployed again`
  }

  async inspect(secrets: readonly string[]): Promise<readonly Finding[]> {
    const { serving, next } = await this.#readServing()
    if (serving === 'none' || serving === 'unknown') return []
    const older = secrets.filter((name) => isOlderThan(serving, name, next))
    if (older.length === 0) return []
    return [
      {
        kind: 'not-deployed',
        severity: 'warning',
        on: this.label,
        message: `${older.join(', ')} ${older.length === 1 ? 'was' : 'were'} written after ${this.#name(serving)} was made, which still reads the value of before.`,
        action: 'Deploy the project. Until then, nothing that this deployment reads is revoked.'
      }
    ]
  }

  /** Reads the deployment that serves, and what the next one gets. */
  async #readServing(): Promise<{ serving: ServingDeployment; next: PagesVariables }> {
    const { account, project, environment } = this.#options
    const call = account.call.bind(account)
    const { production, variables } = await readPagesProject(call, project)
    const serving = environment === 'production' ? production : await findPreview(call, project)
    return { serving, next: variables[environment] }
  }

  #name({ createdAt }: Partial<PagesDeployment> = {}): string {
    const { project, environment } = this.#options
    const ofTime = createdAt === undefined ? '' : ` of ${formatInstant(createdAt)}`
    return `the ${environment} deployment of the Pages project ${project}${ofTime}`
  }

  /** Writes everything in one call, and returns what failed; a lost answer is looked up by the tags. */
  async #write(writes: readonly SlotWrite[]): Promise<RotationError | undefined> {
    const { account, project, environment, runId, home, clock } = this.#options
    // A later write of the same run must not have the tag of an earlier one.
    const at = Math.max(clock.now(), this.#lastWriteAt + 1)
    this.#lastWriteAt = at
    const own = writes.map((write) => ({ write, tag: formatTag(write, { home: home.id, runId, at }) }))
    for (const { write, tag } of own) this.#own.set(write, tag)
    const env_vars = Object.fromEntries(
      own.flatMap(({ write: { secret, value }, tag }): [string, PagesVariable][] => [
        [secret, { type: 'secret_text', value: value.reveal() }],
        [`${TAG_PREFIX}${secret}`, { type: 'plain_text', value: tag }]
      ])
    )
    const deployment_configs = { [environment]: { env_vars } }
    try {
      await account.call((sdk, account_id) =>
        sdk.pages.projects.edit(project, { account_id, deployment_configs })
      )
      return undefined
    } catch (thrown) {
      const error = this.#explain(asRotationError(thrown))
      if (error.effect === 'not-applied') return error
      const variables = await this.#read().catch(() => undefined)
      const isWritten =
        variables !== undefined && own.every(({ write, tag }) => tagOf(variables, write.secret) === tag)
      return isWritten ? undefined : error
    }
  }

  async #read(): Promise<PagesVariables> {
    const { account, project, environment } = this.#options
    return (await readPagesProject((request) => account.call(request), project)).variables[environment]
  }

  #classify(write: SlotWrite, variables: PagesVariables): Confirmation {
    const variable = variables.get(write.secret)
    if (variable === undefined)
      return { state: 'absent', reason: 'is not in the project, although Cloudflare accepted the write' }
    const tag = tagOf(variables, write.secret)
    if (tag === this.#own.get(write))
      return variable.isSecret
        ? { state: 'confirmed' }
        : { state: 'overwritten', reason: 'was overwritten with a plain text' }
    return parseTag(tag) === undefined || tag === this.#before.get(write.secret)
      ? { state: 'absent', reason: 'does not have the tag that was written with its value' }
      : { state: 'overwritten', reason: 'was written by another run after this one' }
  }

  #explain(error: RotationError): RotationError {
    if (error.code !== 'not-found') return error
    return error.with({
      hint: `Check destinations[].project (${this.#options.project}): the account has no such Pages project.`
    })
  }
}

/** The tag of a secret; empty where it has none. */
function tagOf(variables: PagesVariables, secret: string): string {
  return variables.get(`${TAG_PREFIX}${secret}`)?.text ?? ''
}

/** Whether a deployment's code may read the value of an object from a secret. */
function mayHold(
  { createdAt = -Infinity, variables }: PagesDeployment,
  secret: string,
  id: string,
  next: PagesVariables
): boolean {
  if (variables !== undefined) {
    if (!variables.has(secret)) return false
    const tag = parseTag(tagOf(variables, secret))
    return tag === undefined || tag.holds === id
  }
  const tag = parseTag(tagOf(next, secret))
  // A deployment that is newer than the last write reads what was written then.
  return tag === undefined || tag.holds === id || createdAt < tag.at + CLOCK_TOLERANCE_MS
}

/** Whether a deployment was certainly made before a secret was last written by a run. */
function isOlderThan(
  { createdAt = Infinity, variables }: PagesDeployment,
  secret: string,
  next: PagesVariables
): boolean {
  const tag = parseTag(tagOf(next, secret))
  if (tag === undefined) return false
  if (variables !== undefined) return tagOf(variables, secret) !== tagOf(next, secret)
  return createdAt + CLOCK_TOLERANCE_MS < tag.at
}
