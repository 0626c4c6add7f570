import { createHash } from 'node:crypto'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { CommandRequest, CommandResult, RunCommand } from '../src/kernel/command.ts'

/** Secrets that `store put NAME` has written, where NAME is the name of the store; `store see NAME` shows their fingerprints. */
export interface CommandStore {
  readonly values: Record<string, string>
  /** Number of times that each command ran. */
  readonly ran: { put: number; see: number }
  /** Replaces the result of a command; undefined lets it work. Called before a command works. */
  answer?: (verb: 'put' | 'see', input: StoreInput) => CommandResult | undefined
}

/** Standard input of the commands. */
export interface StoreInput {
  readonly secrets?: Readonly<Record<string, string>>
  readonly expires?: Readonly<Record<string, string>>
  readonly names?: readonly string[]
}

const stores = new WeakMap<Sandbox, Map<string, CommandStore>>()

/** Returns a store of a sandbox, which is empty at first. */
export function commandStoreOf(sandbox: Sandbox, name: string): CommandStore {
  const own = stores.get(sandbox) ?? new Map<string, CommandStore>()
  stores.set(sandbox, own)
  const store = own.get(name) ?? { values: {}, ran: { put: 0, see: 0 } }
  own.set(name, store)
  return store
}

/** Finds the store that a command line writes to. */
export function findStoreName(command: string): string | undefined {
  return /^store (?:put|see) (\S+)/.exec(command)?.[1]
}

/** Adds the command `store` to simulated commands. A process that is dead runs nothing. */
export function withCommandStores(sandbox: Sandbox, others: RunCommand, isDead: () => boolean): RunCommand {
  return (request) => {
    if (isDead()) return new Promise(() => undefined)
    if (request.command.startsWith('command -v ')) return Promise.resolve(exited(0))
    const [, verb, name] = /^store (put|see) (\S+)/.exec(request.command) ?? []
    if (name === undefined || (verb !== 'put' && verb !== 'see')) return others(request)
    return Promise.resolve(runOn(commandStoreOf(sandbox, name), verb, request))
  }
}

function runOn(store: CommandStore, verb: 'put' | 'see', { stdin = '{}' }: CommandRequest): CommandResult {
  const input = JSON.parse(stdin) as StoreInput
  store.ran[verb]++
  const answer = store.answer?.(verb, input)
  if (answer !== undefined) return answer
  if (verb === 'put') {
    Object.assign(store.values, input.secrets)
    return exited(0)
  }
  const lines = (input.names ?? []).flatMap((name) => {
    const value = store.values[name]
    return value === undefined ? [] : [`${name} ${sha256(`${name}=${value}`)}  -\n`]
  })
  return exited(0, { stdout: lines.join('') })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Result of a command that ended by itself. */
export function exited(
  exitCode: number,
  { stdout = '', stderr = '' }: { readonly stdout?: string; readonly stderr?: string } = {}
): CommandResult {
  return {
    ending: { state: 'exited', exitCode },
    stdout: { text: stdout, cut: false },
    stderr: { text: stderr, cut: false }
  }
}
