import { allOrFirstError } from '../../kernel/settle.ts'
import { RotationError } from '../../kernel/error.ts'
import type { RunLog } from './run-log.ts'
import type { CredentialPort, FieldValues, Probe, ProbeEvidence, Verdict } from '../model/ports.ts'
import { pollUntil } from '../../kernel/retry.ts'
import type { RotationContext } from '../model/rotation.ts'

/** How long a probe is tried again while the edge catches up with a new credential or a changed policy. */
export const ALIVE_WITHIN_MS = 60_000
/** How long the edge may let a credential through that was switched off; Cloudflare gives no bound. */
export const DEAD_WITHIN_MS = 120_000

/** What is to be proven. */
export interface ProofRequest {
  readonly credential: CredentialPort
  readonly values: FieldValues
}

/**
 * Runs every probe with the values until it passes: checks at the same time, then commands one after the other.
 * @throws RotationError `probe-failed` with what the first that did not pass saw last
 */
export async function proveAlive(
  context: RotationContext,
  log: RunLog,
  { credential, values }: ProofRequest
): Promise<void> {
  const checks = credential.probes.filter(({ kind }) => kind === 'check')
  const commands = credential.probes.filter(({ kind }) => kind === 'command')
  const prove = async (probe: Probe): Promise<void> => {
    const evidence = await tryUntilPassed(context, probe, values)
    log.probes.push({ credential, evidence, of: 'new' })
    if (evidence.verdict === 'passed') return
    const message = `${credential.name}: probe "${probe.label}" failed: ${evidence.detail}`
    throw new RotationError(
      'probe-failed',
      message,
      evidence.hint === undefined ? {} : { hint: evidence.hint }
    )
  }
  await allOrFirstError(checks.map(prove))
  for (const command of commands) await prove(command)
}

async function tryUntilPassed(
  context: RotationContext,
  probe: Probe,
  values: FieldValues
): Promise<ProbeEvidence> {
  let last: ProbeEvidence = { label: probe.label, verdict: 'inconclusive', detail: 'it was not run' }
  let said = false
  await tryUntilKnown(context, async () => {
    last = await probe.run(values)
    if (last.verdict === 'passed' || last.final === true) return true
    if (!said)
      context.reporter.info(
        `Probe "${probe.label}" does not pass yet: ${last.detail} Trying for up to ${ALIVE_WITHIN_MS / 1000} s.`
      )
    said = true
    return undefined
  })
  return last
}

/** Tries again while the edge may not have heard of a credential yet; answers undefined when it should have. */
async function tryUntilKnown(
  { clock, random, cancelled }: RotationContext,
  attempt: () => Promise<true | undefined>
): Promise<true | undefined> {
  return await pollUntil({
    clock,
    random,
    firstDelayMs: 500,
    maxDelayMs: 8_000,
    withinMs: ALIVE_WITHIN_MS,
    signal: cancelled,
    attempt
  })
}

/** Whether every check gets through with what was switched on again, once the edge had time to learn of it. */
export async function isAliveAgain(
  context: RotationContext,
  { credential, values }: ProofRequest
): Promise<boolean> {
  const checks = credential.probes.filter(({ kind }) => kind === 'check')
  const alive = await tryUntilKnown(context, async () => {
    const seen = await allOrFirstError(checks.map((probe) => probe.run(values)))
    return seen.every(({ verdict }) => verdict === 'passed') ? true : undefined
  })
  return alive === true
}

/** What is known of an old credential that was switched off, and of its successor. */
export type Proof =
  /** The old one is dead and the new one works. */
  | { readonly state: 'proven' }
  /** There is no probe that could prove it. */
  | { readonly state: 'unproven'; readonly reason: string }
  /** The old one still gets through. */
  | { readonly state: 'alive'; readonly reason: string }
  /** The new one does not work any longer. */
  | { readonly state: 'broken'; readonly reason: string; readonly hint?: string }

/**
 * Proves that old values are dead while new ones work, trying again while the edge catches up. Probes that run commands are not run with old
 * values, since a command may change things.
 */
export async function proveDead(
  context: RotationContext,
  log: RunLog,
  {
    credential,
    oldValues,
    newValues
  }: { credential: CredentialPort; oldValues: FieldValues | undefined; newValues: FieldValues }
): Promise<Proof> {
  const checks = credential.probes.filter(({ kind }) => kind === 'check')
  let last: Proof = { state: 'unproven', reason: 'no probe of kind http or can is configured' }
  if (checks.length === 0 && !credential.identifiesByUse) return last
  const { clock, random, cancelled } = context
  await pollUntil({
    clock,
    random,
    firstDelayMs: 500,
    maxDelayMs: 10_000,
    withinMs: DEAD_WITHIN_MS,
    signal: cancelled,
    attempt: async () => {
      last = await tryProof(log, credential, { checks, oldValues, newValues })
      return last.state === 'proven' || last.state === 'unproven' ? true : undefined
    }
  })
  return last
}

async function tryProof(
  log: RunLog,
  credential: CredentialPort,
  {
    checks,
    oldValues,
    newValues
  }: { checks: readonly Probe[]; oldValues: FieldValues | undefined; newValues: FieldValues }
): Promise<Proof> {
  const [identified, pairs] = await allOrFirstError([
    credential.identifiesByUse && oldValues !== undefined ? credential.identify(oldValues) : undefined,
    allOrFirstError(
      checks.map((probe) =>
        allOrFirstError([probe.run(newValues), oldValues === undefined ? undefined : probe.run(oldValues)])
      )
    )
  ])
  for (const [of, at] of [['new', 0] as const, ['old', 1] as const]) {
    for (const pair of pairs) {
      const evidence = pair[at]
      if (evidence !== undefined)
        remember(log, credential, { evidence, of: of === 'new' ? 'new-after' : 'old' })
    }
  }
  const broken = pairs.map(([fresh]) => fresh).find(({ verdict }) => verdict !== 'passed')
  if (broken !== undefined) {
    return {
      state: 'broken',
      reason: `probe "${broken.label}" failed with the new one: ${broken.detail}`,
      ...(broken.hint === undefined ? {} : { hint: broken.hint })
    }
  }
  if (oldValues === undefined) return { state: 'unproven', reason: 'its values are not known any longer' }
  if (identified?.state === 'refused') return { state: 'proven' }
  if (identified?.state === 'working') return { state: 'alive', reason: 'Cloudflare still accepts it' }
  if (identified?.state === 'unreadable')
    return {
      state: 'alive',
      reason: `it could not be found out whether Cloudflare still accepts it (${identified.error.message})`
    }
  const alive = pairs.flatMap(([, old]) => (old === undefined || isDead(old.verdict) ? [] : [old]))[0]
  if (alive === undefined) return { state: 'proven' }
  return { state: 'alive', reason: `probe "${alive.label}" does not prove it dead: ${alive.detail}` }
}

/** A 403 counts here, because the new one got through the same probe at the same moment. */
function isDead(verdict: Verdict): boolean {
  return verdict === 'unauthenticated' || verdict === 'forbidden'
}

/** Of the tries of one probe the last is kept. */
function remember(
  log: RunLog,
  credential: CredentialPort,
  { evidence, of }: { evidence: ProbeEvidence; of: 'old' | 'new-after' }
): void {
  const index = log.probes.findIndex(
    (one) => one.credential === credential && one.of === of && one.evidence.label === evidence.label
  )
  const entry = { credential, evidence, of }
  if (index === -1) log.probes.push(entry)
  else log.probes[index] = entry
}
