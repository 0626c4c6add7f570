/** What a check can find; each has a section in the runbook, under this name. */
export const FINDING_KINDS = [
  'no-access',
  'missing-value',
  'configuration',
  'alert',
  'primary-dead',
  'fallback',
  'slots-disagree',
  'expires-soon',
  'overdue',
  'first-rotation',
  'locked',
  'orphan',
  'kept',
  'shadowed',
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
 * `error`: something is wrong, or will be before anybody looks again: the check fails. `warning`: it wants attention. `info`: it is as it should be, and
 * worth knowing.
 */
export type Severity = 'error' | 'warning' | 'info'

/** One thing that a check found, with the one thing to do about it. */
export interface Finding {
  readonly kind: FindingKind
  readonly severity: Severity
  /** What it is about: a credential, a destination, a variable, a workflow. */
  readonly on: string
  readonly message: string
  readonly action: string
}

/** What is looked at besides the rotations: the account, the repository, the alert. Throws nothing: what can't be read is a finding. */
export interface CheckPort {
  readonly label: string
  run(known: KnownToRotations): Promise<readonly Finding[]>
}

/** What the rotations were found to hold, for checks that look at everything else. */
export interface KnownToRotations {
  /** Ids of the objects that some slot holds. */
  readonly heldIds: ReadonlySet<string>
  /** Homes with the names of rotations and of their credentials, as they stand in managed names. */
  readonly credentials: ReadonlySet<string>
}

const ORDER: readonly Severity[] = ['error', 'warning', 'info']

/** The worst first, otherwise as they were found; the same thing is said once. */
export function sortFindings<T extends Pick<Finding, 'severity' | 'message'>>(
  findings: readonly T[]
): readonly T[] {
  const said = new Set<string>()
  const once = findings.filter(({ message }) => !said.has(message) && said.add(message))
  return ORDER.flatMap((severity) => once.filter((finding) => finding.severity === severity))
}
