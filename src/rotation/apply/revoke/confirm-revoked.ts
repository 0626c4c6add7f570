import { withoutUndefined } from '../../../kernel/optional.ts'
import { allOrFirstError } from '../../../kernel/settle.ts'
import { pollUntil } from '../../../kernel/retry.ts'
import { asRotationError } from '../../../kernel/error.ts'
import type {
  CredentialObject,
  CredentialPort,
  Probe,
  ProbeEvidence,
  SlotReading,
  Verdict
} from '../../model/ports.ts'
import type { RotationContext } from '../../model/rotation.ts'
import type { RunLog } from '../run-log.ts'
import type { OldCredential } from './old-credential.ts'

/** How long the edge may accept a credential that was disabled, in milliseconds; Cloudflare states no bound. */
const REVOKED_WITHIN_MS = 120_000

/** Result of confirming that an old credential is revoked and its successor works. */
export type RevocationProof =
  /** The old one is refused and the new one works. */
  | { readonly state: 'revoked' }
  /** No probe can confirm it. */
  | { readonly state: 'unconfirmed'; readonly reason: string }
  /** The old one is still accepted. */
  | { readonly state: 'still-valid'; readonly reason: string }
  /** The new one no longer works. */
  | { readonly state: 'successor-failed'; readonly reason: string; readonly hint?: string }

/** Evidence of one probe for the new values and, where they are known, for the old ones. */
interface ProbePair {
  readonly fresh: ProbeEvidence
  readonly old: ProbeEvidence | undefined
}

/**
 * Confirms that old values are refused while new ones work, and retries while the edge catches up. Probes that run commands are not run with old
 * values, since a command may change things.
 */
export async function confirmRevoked(
  context: RotationContext,
  log: RunLog,
  one: OldCredential
): Promise<RevocationProof> {
  const { credential } = one
  const checks = credential.probes.filter(({ kind }) => kind === 'check')
  let last: RevocationProof = {
    state: 'unconfirmed',
    reason: 'no probe of kind http, can or s3 is configured'
  }
  if (checks.length === 0 && !credential.identifiesByUse) return last
  const { clock, random, cancelled } = context
  await pollUntil({
    clock,
    random,
    firstDelayMs: 500,
    maxDelayMs: 10_000,
    withinMs: REVOKED_WITHIN_MS,
    signal: cancelled,
    attempt: async () => {
      last = await tryOnce(log, one, checks)
      return last.state === 'revoked' || last.state === 'unconfirmed' ? true : undefined
    }
  })
  return last
}

/**
 * Looks whether an old credential is gone whose value no run was given, and records that its value was not tried. What could not be found out is a
 * warning: it was deleted.
 */
export async function confirmGone(
  log: RunLog,
  credential: CredentialPort,
  { id }: CredentialObject
): Promise<void> {
  let left: string | undefined
  try {
    const found = await credential.reread(id)
    if (found !== undefined) left = `Cloudflare still lists it (${found.status})`
  } catch (thrown) {
    left = `it could not be found out whether it is gone (${asRotationError(thrown).message})`
  }
  if (left !== undefined) log.warnings.push(`${credential.name}: ${id} was deleted, and ${left}`)
  const seen = left ?? 'Cloudflare has no such object any longer'
  const detail = `not tried, since the run is not given its value: ${seen}`
  note(log, credential, { of: 'old', evidence: { label: `id ${id}`, verdict: 'inconclusive', detail } })
}

async function tryOnce(
  log: RunLog,
  { credential, oldValues, newValues }: OldCredential,
  checks: readonly Probe[]
): Promise<RevocationProof> {
  const [identified, pairs] = await allOrFirstError([
    credential.identifiesByUse && oldValues !== undefined ? credential.identify(oldValues) : undefined,
    allOrFirstError(
      checks.map(async (probe): Promise<ProbePair> => {
        const [fresh, old] = await allOrFirstError([
          probe.run(newValues),
          oldValues === undefined ? undefined : probe.run(oldValues)
        ])
        return { fresh, old }
      })
    )
  ])
  for (const { fresh } of pairs) note(log, credential, { evidence: fresh, of: 'new-after' })
  for (const { old } of pairs) if (old !== undefined) note(log, credential, { evidence: old, of: 'old' })
  return classify(pairs, identified, oldValues !== undefined)
}

function classify(
  pairs: readonly ProbePair[],
  identified: SlotReading | undefined,
  isKnown: boolean
): RevocationProof {
  const failed = pairs.find(({ fresh }) => fresh.verdict !== 'passed')?.fresh
  if (failed !== undefined) {
    return withoutUndefined({
      state: 'successor-failed' as const,
      reason: `probe "${failed.label}" failed with the new one: ${failed.detail}`,
      hint: failed.hint
    })
  }
  if (!isKnown) return { state: 'unconfirmed', reason: 'its values are no longer known' }
  const passed = pairs.find(({ old }) => old?.verdict === 'passed')?.old
  if (identified?.state === 'refused' && passed === undefined) return { state: 'revoked' }
  if (identified?.state === 'working') return { state: 'still-valid', reason: 'Cloudflare still accepts it' }
  if (identified?.state === 'unreadable')
    return {
      state: 'still-valid',
      reason: `it is not known whether Cloudflare still accepts it (${identified.error.message})`
    }
  const accepted = passed ?? pairs.find(({ old }) => old !== undefined && !isRefused(old.verdict))?.old
  if (accepted === undefined) return { state: 'revoked' }
  return {
    state: 'still-valid',
    reason: `probe "${accepted.label}" does not confirm the revocation: ${accepted.detail}`
  }
}

/** A 403 counts, because the new one passed the same probe at the same time. */
function isRefused(verdict: Verdict): boolean {
  return verdict === 'unauthenticated' || verdict === 'forbidden'
}

/** Records a probe's evidence; of several tries of one probe the last is kept. */
function note(
  log: RunLog,
  credential: CredentialPort,
  { evidence, of }: { readonly evidence: ProbeEvidence; readonly of: 'old' | 'new-after' }
): void {
  const index = log.probes.findIndex(
    (one) => one.credential === credential && one.of === of && one.evidence.label === evidence.label
  )
  const entry = { credential, evidence, of }
  if (index === -1) log.probes.push(entry)
  else log.probes[index] = entry
}
