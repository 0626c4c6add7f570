/** The section for when no slot of a credential works. */
export const FAILING_ANCHOR = 'consumers-fail-now'

const PATH = 'docs/runbook.md'

/** Where the runbook of the action that runs can be read. */
export interface RunbookSource {
  /** Link to the run, which tells the server. */
  readonly runUrl: string
  /** `owner/name` of the run's repository, which holds the action itself where nothing else is known: `uses: ./`. */
  readonly repository: string
  /** `owner/name` of the action, as the runner says; empty for a local one. */
  readonly actionRepository?: string | undefined
  /** The branch, tag or commit of the action, as the runner says. */
  readonly actionRef?: string | undefined
}

/** Forms the link to `docs/runbook.md` at the version of the action that runs, to which an anchor can be added. */
export function formRunbookUrl({ runUrl, repository, actionRepository, actionRef }: RunbookSource): string {
  const server = URL.canParse(runUrl) ? new URL(runUrl).origin : 'https://github.com'
  const known = actionRepository !== undefined && /^[\w.-]+\/[\w.-]+$/.test(actionRepository)
  const ref = known && actionRef !== undefined && actionRef !== '' ? actionRef : 'HEAD'
  const path = ref.split('/').map(encodeURIComponent).join('/')
  return `${server}/${known ? actionRepository : repository}/blob/${path}/${PATH}`
}
