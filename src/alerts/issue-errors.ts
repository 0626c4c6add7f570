import { RotationError, asRotationError } from '../kernel/error.ts'

/** Says that a repository has no issues. */
export function issuesDisabled(repository: string): RotationError {
  return new RotationError('alert', `Issues are disabled in ${repository}.`, {
    hint: 'Enable them in the settings of the repository, or set alert.repository to another one.'
  })
}

/** Says that a repository can only be read. */
export function repositoryArchived(repository: string): RotationError {
  return new RotationError('alert', `${repository} is archived: nothing can be written there.`, {
    hint: 'Set alert.repository to another repository.'
  })
}

/** Explains why a call about the alert failed, since GitHub's own words name neither the key of the configuration nor the setting. */
export function explainIssueError(
  thrown: unknown,
  { repository, context }: { readonly repository: string; readonly context: string }
): RotationError {
  const cause = asRotationError(thrown)
  const status = cause.code === 'not-found' ? cause.call?.status : undefined
  if (status === 404) {
    const message = `${context}: there is no repository ${repository} that github-token may see.`
    const hint =
      'Check alert.repository. The token of the job sees no other private repository: give a github-token that may write issues there.'
    return new RotationError('alert', message, { hint, cause })
  }
  const { message, hint } = status === 410 ? issuesDisabled(repository) : cause
  return new RotationError('alert', `${context}: ${message}`, {
    hint:
      cause.code === 'permission'
        ? `Give the job \`permissions: issues: write\`, or a github-token that may write issues in ${repository}.`
        : (hint ?? 'Check whether you can open an issue by hand.'),
    cause
  })
}
