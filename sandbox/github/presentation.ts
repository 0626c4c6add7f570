import { isoSeconds } from '../clock.ts'
import type { Issue, IssueComment, Label, WorkflowRun } from './repository-parts.ts'
import type { Repository } from './repository.ts'

export const apiUrl = 'https://api.github.com'
export const webUrl = 'https://github.com'

const plainRepositoryUrls = [
  'contributors', 'deployments', 'downloads', 'events', 'forks', 'hooks', 'languages', 'merges',
  'stargazers', 'subscribers', 'subscription', 'tags', 'teams'
] as const // prettier-ignore

const templatedRepositoryUrls = {
  archive: '{archive_format}{/ref}',
  assignees: '{/user}',
  blobs: '{/sha}',
  branches: '{/branch}',
  collaborators: '{/collaborator}',
  comments: '{/number}',
  commits: '{/sha}',
  compare: '{base}...{head}',
  contents: '{+path}',
  git_commits: '{/sha}',
  git_refs: '{/sha}',
  git_tags: '{/sha}',
  issue_comment: '{/number}',
  issue_events: '{/number}',
  issues: '{/number}',
  keys: '{/key_id}',
  labels: '{/name}',
  milestones: '{/number}',
  notifications: '{?since,all,participating}',
  pulls: '{/number}',
  releases: '{/id}',
  statuses: '{sha}',
  trees: '{/sha}'
}

/** GitHub's `simple-user`. */
export function presentUser(login: string): Record<string, unknown> {
  const url = `${apiUrl}/users/${encodeURIComponent(login)}`
  return {
    login,
    id: 41_898_282,
    node_id: 'MDM6Qm90NDE4OTgyODI=',
    avatar_url: 'https://avatars.githubusercontent.com/in/15368?v=4',
    gravatar_id: '',
    url,
    html_url: `${webUrl}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false
  }
}

/** GitHub's `minimal-repository`. */
export function presentRepository(repository: Repository): Record<string, unknown> {
  const url = `${apiUrl}/repos/${repository.fullName}`
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: repository.fullName,
    owner: presentUser(repository.owner),
    private: repository.isPrivate,
    html_url: `${webUrl}/${repository.fullName}`,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(plainRepositoryUrls.map((name) => [`${name}_url`, `${url}/${name}`])),
    ...Object.fromEntries(
      Object.entries(templatedRepositoryUrls).map(([name, template]) => [
        `${name}_url`,
        `${url}/${name}${template}`
      ])
    )
  }
}

/** GitHub's `full-repository`. */
export function presentFullRepository(repository: Repository): Record<string, unknown> {
  const html = `${webUrl}/${repository.fullName}`
  const created = isoSeconds(repository.createdAt)
  const open = repository.issues.filter((issue) => issue.state === 'open').length
  return {
    ...presentRepository(repository),
    clone_url: `${html}.git`,
    git_url: `git:${html.slice('https:'.length)}.git`,
    ssh_url: `git@github.com:${repository.fullName}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    default_branch: 'main',
    visibility: repository.isPrivate ? 'private' : 'public',
    ...{ archived: false, disabled: false, has_issues: repository.hasIssues, has_projects: false },
    ...{ has_wiki: false, has_pages: false, has_discussions: false },
    ...{ forks: 0, forks_count: 0, network_count: 0, size: 1, stargazers_count: 0, subscribers_count: 0 },
    ...{ watchers: 0, watchers_count: 0, open_issues: open, open_issues_count: open },
    ...{ created_at: created, updated_at: created, pushed_at: isoSeconds(repository.pushedAt) }
  }
}

/** GitHub's `label`. */
export function presentLabel(repository: Repository, label: Label): Record<string, unknown> {
  return {
    id: label.id,
    node_id: `LA_${label.id}`,
    url: `${apiUrl}/repos/${repository.fullName}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    description: label.description,
    default: label.name === 'bug'
  }
}

/** GitHub's `issue`; a pull request has `pull_request`, as in GitHub's list of issues. */
export function presentIssue(repository: Repository, issue: Issue): Record<string, unknown> {
  const repositoryUrl = `${apiUrl}/repos/${repository.fullName}`
  const url = `${repositoryUrl}/issues/${issue.number}`
  const html = `${webUrl}/${repository.fullName}/${issue.isPullRequest ? 'pull' : 'issues'}/${issue.number}`
  const pull = `${repositoryUrl}/pulls/${issue.number}`
  const pullRequest = { url: pull, html_url: html, diff_url: `${html}.diff`, patch_url: `${html}.patch` }
  return {
    id: issue.id,
    node_id: `I_${issue.id}`,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    state_reason: issue.stateReason,
    locked: false,
    user: presentUser(issue.author),
    author_association: 'NONE',
    labels: issue.labels.map((name) => {
      const label = repository.labels.get(name.toLowerCase())
      return label === undefined ? name : presentLabel(repository, label)
    }),
    assignee: null,
    assignees: [],
    milestone: null,
    comments: issue.comments.length,
    created_at: isoSeconds(issue.createdAt),
    updated_at: isoSeconds(issue.updatedAt),
    closed_at: issue.closedAt === null ? null : isoSeconds(issue.closedAt),
    url,
    html_url: html,
    repository_url: repositoryUrl,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    ...(issue.isPullRequest ? { pull_request: pullRequest } : {})
  }
}

/** GitHub's `issue-comment`. */
export function presentComment(
  repository: Repository,
  { issue, comment }: { issue: Issue; comment: IssueComment }
): Record<string, unknown> {
  const created = isoSeconds(comment.createdAt)
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url: `${apiUrl}/repos/${repository.fullName}/issues/comments/${comment.id}`,
    html_url: `${webUrl}/${repository.fullName}/issues/${issue.number}#issuecomment-${comment.id}`,
    issue_url: `${apiUrl}/repos/${repository.fullName}/issues/${issue.number}`,
    body: comment.body,
    user: presentUser(comment.author),
    author_association: 'NONE',
    created_at: created,
    updated_at: created
  }
}

/** GitHub's `workflow-run`. */
export function presentRun(repository: Repository, run: WorkflowRun): Record<string, unknown> {
  const repositoryUrl = `${apiUrl}/repos/${repository.fullName}`
  const url = `${repositoryUrl}/actions/runs/${run.id}`
  const shownRepository = presentRepository(repository)
  return {
    id: run.id,
    node_id: `WFR_${run.id}`,
    name: run.name,
    display_title: run.name,
    path: run.path,
    workflow_id: run.workflowId,
    run_number: run.runNumber,
    run_attempt: run.runAttempt,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    head_branch: run.headBranch,
    head_sha: run.headSha,
    head_commit: null,
    pull_requests: [],
    created_at: isoSeconds(run.createdAt),
    run_started_at: isoSeconds(run.runStartedAt),
    updated_at: isoSeconds(run.updatedAt),
    actor: presentUser('octocat'),
    triggering_actor: presentUser('octocat'),
    url,
    html_url: `${webUrl}/${repository.fullName}/actions/runs/${run.id}`,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repositoryUrl}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `${repositoryUrl}/actions/workflows/${run.workflowId}`,
    repository: shownRepository,
    head_repository: shownRepository
  }
}
