import { allOrFirstError } from '../../kernel/settle.ts'
import { RotationError } from '../../kernel/error.ts'
import type { RunLog } from './run-log.ts'
import type { CredentialPort, FieldValues, Probe, ProbeEvidence } from '../model/ports.ts'
import { pollUntil } from '../../kernel/retry.ts'
import type { RotationContext } from '../model/rotation.ts'

/** How long a probe is retried while the edge catches up with a new credential or a changed policy, in milliseconds. */
const ACCEPTED_WITHIN_MS = 60_000
/** Values to verify. */
export interface VerifyRequest {
  readonly credential: CredentialPort
  readonly values: FieldValues
}

/**
 * Runs every probe with the values until it passes: checks in parallel, then commands one after the other.
 * @throws RotationError `probe-failed` with the last evidence of the first probe that did not pass
 */
export async function verifyValues(
  context: RotationContext,
  log: RunLog,
  { credential, values }: VerifyRequest
): Promise<void> {
  const checks = credential.probes.filter(({ kind }) => kind === 'check')
  const commands = credential.probes.filter(({ kind }) => kind !== 'check')
  const verify = async (probe: Probe): Promise<void> => {
    const evidence = await tryUntilPassed(context, probe, values)
    log.probes.push({ credential, evidence, of: 'new' })
    if (evidence.verdict === 'passed') return
    const message = `${credential.name}: probe "${probe.label}" failed: ${evidence.detail}`
    throw new RotationError('probe-failed', message, { hint: evidence.hint })
  }
  await allOrFirstError(checks.map(verify))
  for (const command of commands) await verify(command)
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
        `Probe "${probe.label}" does not pass yet: ${last.detail} Retrying for up to ${ACCEPTED_WITHIN_MS / 1000} s.`
      )
    said = true
    return undefined
  })
  return last
}

/** Retries while the edge may not know a credential yet; returns undefined when it should. */
async function tryUntilKnown(
  { clock, random, cancelled }: RotationContext,
  attempt: () => Promise<true | undefined>
): Promise<true | undefined> {
  return await pollUntil({
    clock,
    random,
    firstDelayMs: 500,
    maxDelayMs: 8_000,
    withinMs: ACCEPTED_WITHIN_MS,
    signal: cancelled,
    attempt
  })
}

/** Whether every check passes with re-enabled values, once the edge had time to learn of them. */
export async function worksAgain(
  context: RotationContext,
  { credential, values }: VerifyRequest
): Promise<boolean> {
  const checks = credential.probes.filter(({ kind }) => kind === 'check')
  const alive = await tryUntilKnown(context, async () => {
    const seen = await allOrFirstError(checks.map((probe) => probe.run(values)))
    return seen.every(({ verdict }) => verdict === 'passed') ? true : undefined
  })
  return alive === true
}
