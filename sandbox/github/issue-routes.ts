import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { onRepository, page, readJson, type GithubEnv } from './access.ts'
import { GithubError, invalidField, notFound } from './github-error.ts'
import { presentComment, presentIssue, presentLabel } from './presentation.ts'
import type { Issue } from './repository-parts.ts'

const reads = onRepository({ issues: 'read' })
const writes = onRepository({ issues: 'write' })

const bodyLimitCharacters = 65_536

const title = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.minLength(1), v.maxLength(256))
const text = v.pipe(v.string(), v.maxLength(bodyLimitCharacters))
const labelName = v.union([
  v.string(),
  v.pipe(
    v.object({ name: v.string() }),
    v.transform(({ name }) => name)
  )
])
const labels = v.array(labelName)

const newIssue = v.object({
  title,
  body: v.exactOptional(v.nullable(text)),
  labels: v.exactOptional(labels)
})
const issueChange = v.object({
  title: v.exactOptional(v.nullable(title)),
  body: v.exactOptional(v.nullable(text)),
  state: v.exactOptional(v.picklist(['open', 'closed'])),
  state_reason: v.exactOptional(
    v.nullable(v.picklist(['completed', 'not_planned', 'duplicate', 'reopened']))
  ),
  labels: v.exactOptional(labels)
})
const newLabel = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(50)),
  color: v.exactOptional(v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{6}$/))),
  description: v.exactOptional(v.nullable(v.pipe(v.string(), v.maxLength(100))))
})

/** `/repos/{owner}/{repo}/issues` and `/labels`. */
export function routeIssues(app: Hono<GithubEnv>): void {
  const root = '/repos/:owner/:repo/issues'

  app.get(root, reads, (c) => {
    demandIssues(c)
    const repository = c.get('repository')
    const { state = 'open', labels: wanted = '', creator, direction } = c.req.query()
    const names = wanted.split(',').filter((name) => name !== '')
    const found = repository.issues
      .filter((issue) => state === 'all' || issue.state === state)
      .filter((issue) => names.every((name) => hasLabel(issue, name)))
      .filter((issue) => creator === undefined || issue.author === creator)
    if (direction !== 'asc') found.reverse()
    return c.json(page(c, found, { ordered: true }).map((issue) => presentIssue(repository, issue)))
  })

  app.post(root, writes, (c) => {
    demandIssues(c)
    const repository = c.get('repository')
    const issue = repository.addIssue({ ...readJson(c, newIssue), author: author(c) })
    return c.json(presentIssue(repository, issue), 201)
  })

  app.get(`${root}/:issue_number`, reads, (c) => c.json(presentIssue(c.get('repository'), getIssue(c))))

  app.patch(`${root}/:issue_number`, writes, (c) => {
    const issue = getIssue(c)
    change(c, issue)
    return c.json(presentIssue(c.get('repository'), issue))
  })

  app.get(`${root}/:issue_number/comments`, reads, (c) => {
    const issue = getIssue(c)
    const shown = page(c, issue.comments, { ordered: true })
    return c.json(shown.map((comment) => presentComment(c.get('repository'), { issue, comment })))
  })

  app.post(`${root}/:issue_number/comments`, writes, (c) => {
    const issue = getIssue(c)
    const repository = c.get('repository')
    const { body } = readJson(c, v.object({ body: v.pipe(text, v.minLength(1)) }))
    const createdAt = c.env.github.clock.now()
    const comment = { id: repository.newId(), author: author(c), body, createdAt }
    issue.comments.push(comment)
    issue.updatedAt = createdAt
    return c.json(presentComment(repository, { issue, comment }), 201)
  })

  app.post(`${root}/:issue_number/labels`, writes, (c) => {
    const repository = c.get('repository')
    const issue = getIssue(c)
    const body = readJson(c, v.union([labels, v.object({ labels })]))
    const added = Array.isArray(body) ? body : body.labels
    repository.setLabels(issue, [...issue.labels, ...added.filter((name) => !hasLabel(issue, name))])
    const shown = issue.labels.map((name) => repository.labels.get(name.toLowerCase()))
    return c.json(
      shown.filter((label) => label !== undefined).map((label) => presentLabel(repository, label))
    )
  })

  routeLabels(app)
}

function routeLabels(app: Hono<GithubEnv>): void {
  const root = '/repos/:owner/:repo/labels'

  app.get(root, reads, (c) => {
    const repository = c.get('repository')
    return c.json(page(c, [...repository.labels.values()]).map((label) => presentLabel(repository, label)))
  })

  app.get(`${root}/:name`, reads, (c) => {
    const repository = c.get('repository')
    const label = repository.labels.get(c.req.param('name').toLowerCase())
    if (label === undefined) throw notFound()
    return c.json(presentLabel(repository, label))
  })

  app.delete(`${root}/:name`, writes, (c) => {
    if (!c.get('repository').labels.delete(c.req.param('name').toLowerCase())) throw notFound()
    return c.body(null, 204)
  })

  app.post(root, writes, (c) => {
    const repository = c.get('repository')
    const body = readJson(c, newLabel)
    if (repository.labels.has(body.name.toLowerCase())) throw invalidField('Label', 'name', 'already_exists')
    return c.json(presentLabel(repository, repository.addLabel(body)), 201)
  })
}

function change(c: Context<GithubEnv>, issue: Issue): void {
  const body = readJson(c, issueChange)
  const now = c.env.github.clock.now()
  issue.title = body.title ?? issue.title
  if (body.body !== undefined) issue.body = body.body
  if (body.labels !== undefined) c.get('repository').setLabels(issue, body.labels)
  if (body.state !== undefined && body.state !== issue.state) {
    issue.state = body.state
    issue.stateReason = body.state_reason ?? (body.state === 'closed' ? 'completed' : 'reopened')
    issue.closedAt = body.state === 'closed' ? now : null
  }
  issue.updatedAt = now
}

function author(c: Context<GithubEnv>): string {
  const { kind, name } = c.get('token')
  return kind === 'pat' ? name : `${name}[bot]`
}

function demandIssues(c: Context<GithubEnv>): void {
  if (!c.get('repository').hasIssues)
    throw new GithubError(410, 'Issues has been disabled in this repository.')
}

function getIssue(c: Context<GithubEnv>): Issue {
  demandIssues(c)
  const issue = c
    .get('repository')
    .issues.find(({ number }) => String(number) === c.req.param('issue_number'))
  if (issue === undefined) throw notFound()
  return issue
}

function hasLabel(issue: Issue, name: string): boolean {
  return issue.labels.some((label) => label.toLowerCase() === name.toLowerCase())
}
