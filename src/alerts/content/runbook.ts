/** Section of the runbook for when no slot of a credential works. */
export const FAILING_ANCHOR = 'consumers-fail-now'

const PATH = 'docs/runbook.md'

/** Run and action that the link to the runbook is formed from. */
export interface RunbookSource {
  /** Link to the run, from which the server is taken. */
  readonly runUrl: string
  /** `owner/name` of the run's repository, which holds a local action (`uses: ./`). */
  readonly repository: string
  /** `owner/name` of the action, from the runner; empty for a local one. */
  readonly actionRepository?: string | undefined
  /** Branch, tag or commit of the action, from the runner. */
  readonly actionRef?: string | undefined
}

/** Forms the link to `docs/runbook.md` at the version of the action that runs, without an anchor. */
export function formRunbookUrl({ runUrl, repository, actionRepository, actionRef }: RunbookSource): string {
  const server = URL.canParse(runUrl) ? new URL(runUrl).origin : 'https://github.com'
  const known = actionRepository !== undefined && /^[\w.-]+\/[\w.-]+$/.test(actionRepository)
  const ref = known && actionRef !== undefined && actionRef !== '' ? actionRef : 'HEAD'
  const path = ref.split('/').map(encodeURIComponent).join('/')
  return `${server}/${known ? actionRepository : repository}/blob/${path}/${PATH}`
}
