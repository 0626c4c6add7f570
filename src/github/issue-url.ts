/** Link to an issue, with what it is checked against. */
export interface IssueLink {
  /** As GitHub answered it. */
  readonly answered: unknown
  /** Origin of the GitHub server in use, e.g. `https://github.com`. */
  readonly serverUrl: string
  /** `owner/name` */
  readonly repository: string
  readonly number: number
}

const PATH = /^\/[\w.-]+\/[\w.-]+\/issues\/\d+$/

/** The link to an issue: GitHub's own where it leads to an issue on this server, otherwise built from repository and number. */
export function issueUrl({ answered, serverUrl, repository, number }: IssueLink): string {
  const url = typeof answered === 'string' && URL.canParse(answered) ? new URL(answered) : undefined
  const isIssue =
    url?.origin === serverUrl &&
    url.username + url.password + url.search + url.hash === '' &&
    PATH.test(url.pathname)
  return isIssue ? url.href : `${serverUrl}/${repository}/issues/${number}`
}

/** Origin of the GitHub server that a run belongs to, from the link to the run. */
export function serverOf(runUrl: string): string {
  return URL.canParse(runUrl) ? new URL(runUrl).origin : 'https://github.com'
}
