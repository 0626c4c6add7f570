import { BOOTSTRAP } from '../../sandbox/configurations.ts'
import { interrupting } from './interrupt.ts'
import type { CallMoment, RunningStage } from './moments.ts'
import { typeCommand, type ShellOptions, type ShellResult } from './shell.ts'
import type { Stage } from './stage.ts'

/** Longest duration of a lock here, as in the configuration. */
const LEASE_MS = 240_000
const CONFIGURATION = BOOTSTRAP.replace('  type: kv\n', '  type: kv\n  ttl: 4m\n')

/** The time of the killed command's lock is over: until then another run may not take what it made for left over. */
function endLeases(on: RunningStage): void {
  on.endLeases()
  for (const token of on.stage.sandbox.cloudflare.tokens.existing) {
    token.issuedOn -= LEASE_MS + 5_000
    if (token.lastUsedOn !== undefined) token.lastUsedOn -= LEASE_MS + 5_000
  }
}

/** Types `rotate-action rotate` with the current values. */
export function typeRotate(stage: Stage, options?: Pick<ShellOptions, 'onStart'>): Promise<ShellResult> {
  return typeCommand(stage, ['rotate', '--json'], {
    env: stage.environment(),
    files: { '.github/rotation.yml': CONFIGURATION },
    ...options
  })
}

/** Rotates once by the command line. @throws Error when that did not work */
export async function rotateByCommand(stage: Stage): Promise<void> {
  const { exitCode, stderr } = await typeRotate(stage)
  if (exitCode !== 0) throw new Error(`nothing happened, but: ${stderr}`)
}

/** The process is killed at a call; the next command, once the lease has ended, finds what there is. */
export async function killCommand(on: RunningStage, { index, when }: CallMoment): Promise<readonly string[]> {
  const begun = on.stage.sandbox.transcript.length
  const interruption = interrupting(on.stage, 'SIGKILL', { at: (_call, at) => at === index, when })
  const { signal, stderr } = await typeRotate(on.stage, { onStart: interruption.onStart })
  if (signal !== 'SIGKILL') return [`was not killed: ${stderr}`]
  const { call } = interruption
  if (!on.hasChangedSince(begun)) return []
  endLeases(on)
  const next = await typeRotate(on.stage)
  const ended = next.exitCode === 0 ? [] : [`the next command exited with ${next.exitCode}: ${next.stderr}`]
  return [...ended, ...on.untidy()].map((what) => `${what} (killed during ${call?.method} ${call?.path})`)
}

/** Somebody presses Ctrl-C once at a call. */
export async function interruptCommand(
  on: RunningStage,
  { index, when }: CallMoment
): Promise<readonly string[]> {
  const { stage } = on
  const before = stage.slots()
  const managedBefore = new Set(stage.managed())
  const begun = stage.sandbox.transcript.length
  const interruption = interrupting(stage, 'SIGINT', { at: (_call, at) => at === index, when })
  const { exitCode, signal, stderr } = await typeRotate(stage, { onStart: interruption.onStart })
  const { call } = interruption
  if (call === undefined) return [`was not interrupted: ${exitCode}`]
  const wrong: string[] = []
  if (signal !== null) wrong.push(`did not end by itself but by ${signal}`)
  if (on.stage.account.namespace.keys.length > 0) wrong.push('the lease is left')
  if (exitCode === 130) {
    const left = stage.managed().filter((name) => !managedBefore.has(name))
    wrong.push(...left.map((name) => `${name} was made, and is left`))
    for (const place of ['store', 'github'] as const)
      for (const [name, value] of Object.entries(before[place]))
        if (name.startsWith('PRIMARY_') && stage.slots()[place][name] !== value)
          wrong.push(`${name} in ${place} is not what it was`)
  } else if (exitCode === 0) wrong.push(...on.untidy())
  else wrong.push(`exited with ${exitCode}: ${stderr}`)
  if (on.hasChangedSince(begun)) {
    endLeases(on)
    const next = await typeRotate(stage)
    if (next.exitCode !== 0) wrong.push(`the next command exited with ${next.exitCode}: ${next.stderr}`)
    wrong.push(...on.untidy())
  }
  return wrong.map((what) => `${what} (SIGINT during ${call.method} ${call.path}, exit ${exitCode})`)
}
