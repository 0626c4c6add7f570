import { issueSchema } from '../github/answers.ts'
import type { GitHubClient } from '../github/client.ts'
import { issueUrl } from '../github/issue-url.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { mergeStates, parseMarker, type AlertState } from './content/alert-state.ts'
import { PAGE_SIZE } from '../github/limits.ts'

/** Open issue that is the alert. */
export interface FoundIssue {
  readonly number: number
  readonly url: string
  readonly state: AlertState
  readonly body: string
}

/** The alert: the oldest of its open issues, with the state of all of them. There are several when runs failed at the same moment. */
export interface FoundAlert extends FoundIssue {
  /** Numbers of the younger ones. */
  readonly duplicates: readonly number[]
}

/** Where to look for the alert, and by what. */
export interface AlertSearch {
  readonly client: GitHubClient
  readonly owner: string
  readonly repo: string
  /** Origin of the GitHub server in use. */
  readonly serverUrl: string
  /** People without write access cannot set it. */
  readonly label: string
  /** As in the marker, see `alertKey`. */
  readonly key: string
}

const MAX_PAGES = 20

/** Finds the open alert by its label and its marker; undefined when there is none. */
export async function findAlert(search: AlertSearch): Promise<FoundAlert | undefined> {
  const [oldest, ...younger] = (await listIssues(search)).toSorted((a, b) => a.number - b.number)
  if (oldest === undefined) return undefined
  return {
    ...oldest,
    state: mergeStates([oldest.state, ...younger.map(({ state }) => state)]),
    duplicates: younger.map(({ number }) => number)
  }
}

async function listIssues({
  client,
  owner,
  repo,
  serverUrl,
  label,
  key
}: AlertSearch): Promise<readonly FoundIssue[]> {
  const found: FoundIssue[] = []
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { data } = await client.call((rest) =>
      rest.issues.listForRepo({ owner, repo, state: 'open', labels: label, per_page: PAGE_SIZE, page })
    )
    // The schema of an issue refuses what is not a list.
    const list: unknown[] = Array.isArray(data) ? data : [undefined]
    const issues = list.map((issue) => parseAnswer(issueSchema, issue, 'listing issues'))
    for (const { number, html_url, body, pull_request } of issues) {
      const state = pull_request == null ? parseMarker(key, body) : undefined
      if (state === undefined) continue
      const url = issueUrl({ answered: html_url, serverUrl, repository: `${owner}/${repo}`, number })
      found.push({ number, url, state, body: body ?? '' })
    }
    if (issues.length < PAGE_SIZE) return found
  }
  return found
}
