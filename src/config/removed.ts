/** A key or a value that was removed before the first release, by its place in the configuration. */
interface Removed {
  readonly path: RegExp
  /** The value that is no longer possible; left out, the key itself. */
  readonly value?: string
  /** What to use instead, as the end of a sentence that begins with the path. */
  readonly message: string
}

const REMOVED: readonly Removed[] = [
  {
    path: /^keep-schedule-alive$/,
    message:
      'is not supported: remove it. GitHub disables the schedule of a public repository after 60 days without activity; ' +
      '`command: check` reports it before, and `gh workflow enable` starts the 60 days again'
  },
  {
    path: /\.revoke\.after$/,
    value: 'never',
    message:
      'must not be never: use next-rotation, which keeps the old credential until the next rotation, and `in-use: keep`, ' +
      'which keeps it while it is used'
  }
]

/** Says what to use instead of a key or a value that is no longer possible; undefined for any other. */
export function explainRemoved(path: string, value: unknown): string | undefined {
  return REMOVED.find((one) => one.path.test(path) && (one.value === undefined || one.value === value))
    ?.message
}
