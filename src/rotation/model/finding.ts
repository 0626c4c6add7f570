/** Kinds of findings of a check; the runbook has a section for each, under this name. */
export const FINDING_KINDS = [
  'no-access',
  'missing-value',
  'configuration',
  'alert',
  'primary-dead',
  'watched-dead',
  'fallback',
  'slots-disagree',
  'expires-soon',
  'overdue',
  'first-rotation',
  'locked',
  'orphan',
  'kept',
  'shadowed',
  'dependabot-copy',
  'not-deployed',
  'other-home',
  'unmanaged',
  'never-expires',
  'limit-close',
  'schedule-skipped',
  'schedule-ending',
  'github-token-expiring'
] as const

/** One kind of finding. */
export type FindingKind = (typeof FINDING_KINDS)[number]

/**
 * `error`: something is wrong, or will be before the next check; the check fails. `warning`: it needs attention. `info`: it is as it should be, and
 * worth knowing.
 */
export type Severity = 'error' | 'warning' | 'info'

/** Finding of a check, with the one action to take. */
export interface Finding {
  readonly kind: FindingKind
  readonly severity: Severity
  /** Subject: a credential, a destination, a variable or a workflow. */
  readonly on: string
  readonly message: string
  readonly action: string
}

/** Check of something besides the rotations: the account, the repository or the alert. Throws nothing: what it cannot read is a finding. */
export interface CheckPort {
  run(known: RotationInventory): Promise<readonly Finding[]>
}

/** Credentials that the rotations hold, as observed; the input of the other checks. */
export interface RotationInventory {
  /** Ids of the objects that some slot holds. */
  readonly heldIds: ReadonlySet<string>
  /** Managed names up to the stamp: home, rotation and credential. */
  readonly credentials: ReadonlySet<string>
}

const ORDER: readonly Severity[] = ['error', 'warning', 'info']

/** Sorts findings by severity, the worst first, in stable order; drops repeated messages. */
export function sortFindings<T extends Pick<Finding, 'severity' | 'message'>>(
  findings: readonly T[]
): readonly T[] {
  const said = new Set<string>()
  const once = findings.filter(({ message }) => !said.has(message) && said.add(message))
  return ORDER.flatMap((severity) => once.filter((finding) => finding.severity === severity))
}
