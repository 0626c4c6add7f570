import { formatInstant, type Clock } from '../../kernel/clock.ts'
import { RotationError, asRotationError, withContext } from '../../kernel/error.ts'
import type { Finding } from '../../rotation/model/finding.ts'
import type {
  Confirmation,
  Destination,
  DestinationEntry,
  SlotWrite,
  WriteOutcome
} from '../../rotation/model/destination.ts'
import type { DestinationCommands } from './command-call.ts'
import { fingerprintOf, parseFingerprints } from './fingerprint.ts'

/** What a {@link CommandDestination} is built from. */
export interface CommandDestinationOptions {
  readonly label: string
  readonly commands: DestinationCommands
  readonly namesOf: Destination['namesOf']
  /** Command line that stores secrets. */
  readonly write: string
  /** Command line that prints the fingerprints of stored secrets; left out, they cannot be read. */
  readonly confirm?: string
  readonly clock: Clock
}

/** Any place that a command can write secrets to. Another command may show fingerprints of what is stored. */
export class CommandDestination implements Destination {
  readonly type = 'command'
  readonly label: string
  readonly namesOf: Destination['namesOf']
  readonly feedsNextRun = false
  readonly writeOnly?: true
  readonly #options: CommandDestinationOptions
  /** Fingerprints of what each name held when it was observed, and of what this run has written since. */
  readonly #known = new Map<string, Set<string>>()

  constructor(options: CommandDestinationOptions) {
    this.#options = options
    this.label = options.label
    this.namesOf = options.namesOf
    if (options.confirm === undefined) this.writeOnly = true
  }

  async observe(secrets: readonly string[]): Promise<ReadonlyMap<string, DestinationEntry>> {
    const { commands, write, confirm } = this.#options
    try {
      await commands.require({ key: 'write', command: write })
      if (confirm !== undefined) await commands.require({ key: 'confirm', command: confirm })
    } catch (thrown) {
      throw withContext(thrown, this.label)
    }
    const stored = (await this.#read(secrets)) ?? new Map<string, string>()
    for (const [secret, fingerprint] of stored) this.#remember(secret, fingerprint)
    return new Map(
      [...stored].map(([secret, fingerprint]) => [
        secret,
        { secret, isValue: (value) => fingerprintOf(secret, value) === fingerprint }
      ])
    )
  }

  inspect(): Promise<readonly Finding[]> {
    if (this.writeOnly !== true) return Promise.resolve([])
    const finding: Finding = {
      kind: 'no-access',
      severity: 'info',
      on: this.label,
      message: `${this.label} has no \`confirm\`: a write counts as stored when \`write\` ends with exit code 0, and what is missing or different there is not noticed.`,
      action: 'Add `confirm`, a command that prints a fingerprint of what is stored, or accept this.'
    }
    return Promise.resolve([finding])
  }

  async write(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]> {
    const { commands, write: command, clock } = this.#options
    const started = clock.monotonic()
    const tookMs = (): number => clock.monotonic() - started
    for (const { secret, value } of writes) this.#remember(secret, fingerprintOf(secret, value))
    try {
      await commands.run({ key: 'write', command, input: inputOf(writes) })
      return writes.map((write) => ({ write, effect: 'applied', tookMs: tookMs() }))
    } catch (thrown) {
      const error = asRotationError(thrown)
      return writes.map((write) => ({ write, effect: error.effect, tookMs: tookMs(), error }))
    }
  }

  async confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]> {
    try {
      const stored = await this.#read(outcomes.map(({ write }) => write.secret))
      return outcomes.map((outcome) =>
        stored === undefined ? this.#trust(outcome) : this.#compare(outcome.write, stored)
      )
    } catch (thrown) {
      const error = asRotationError(thrown)
      return outcomes.map(() => ({ state: 'unknown', error }))
    }
  }

  #trust({ effect, error }: WriteOutcome): Confirmation {
    if (effect === 'applied') return { state: 'confirmed' }
    const unread = new RotationError('not-confirmed', `${this.label} has no \`confirm\` to read it with.`)
    return { state: 'unknown', error: error ?? unread }
  }

  #compare({ secret, value }: SlotWrite, stored: ReadonlyMap<string, string>): Confirmation {
    const fingerprint = stored.get(secret)
    const expected = fingerprintOf(secret, value)
    if (fingerprint === expected) return { state: 'confirmed' }
    if (fingerprint === undefined)
      return { state: 'absent', reason: 'is not there, although `write` ended with exit code 0' }
    if (this.#known.get(secret)?.has(fingerprint) === true)
      return {
        state: 'absent',
        reason: 'still holds an earlier value, although `write` ended with exit code 0'
      }
    if (fingerprint === fingerprintOf(secret, value, '\n'))
      return { state: 'absent', reason: 'has a line break after its value: use `printf %s`, not `echo`' }
    return { state: 'overwritten', reason: 'holds neither the value that this run wrote nor an earlier one' }
  }

  /** Reads the fingerprints of secrets; undefined without `confirm`. @throws RotationError */
  async #read(names: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    const { commands, confirm: command } = this.#options
    if (command === undefined) return undefined
    if (names.length === 0) return new Map()
    const { stdout } = await commands
      .run({ key: 'confirm', command, input: { names } })
      .catch((thrown: unknown) => {
        throw withContext(thrown, this.label)
      })
    const printed = stdout.cut ? undefined : parseFingerprints(stdout.text)
    // The output itself is not shown: it may hold anything that is stored.
    if (printed === undefined)
      throw new RotationError(
        'command-failed',
        `${this.label}: \`confirm\` did not print one line with a name and a SHA-256 for each secret.`,
        { hint: 'Let it print lines such as `NAME 9f86d08…`, 64 hexadecimal characters, and nothing else.' }
      )
    return new Map([...printed].filter(([name]) => names.includes(name)))
  }

  #remember(secret: string, fingerprint: string): void {
    const known = this.#known.get(secret) ?? new Set<string>()
    this.#known.set(secret, known.add(fingerprint))
  }
}

/** What `write` reads. */
function inputOf(writes: readonly SlotWrite[]): object {
  const expires = writes.flatMap(({ secret, expiresAt }): readonly (readonly [string, string])[] =>
    expiresAt === undefined ? [] : [[secret, formatInstant(expiresAt)]]
  )
  return {
    secrets: Object.fromEntries(writes.map(({ secret, value }) => [secret, value.reveal()])),
    expires: Object.fromEntries(expires)
  }
}
