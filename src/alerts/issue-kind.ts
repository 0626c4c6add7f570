import * as v from 'valibot'
import type { GitHubServices } from '../github/client.ts'
import { serverOf } from '../github/issue-url.ts'
import { described, repository, text } from '../kernel/fields.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import type { AlertKind } from './alert.ts'
import { formRunbookUrl } from './content/runbook.ts'
import { IssueAlert } from './issue.ts'
import { alertWithoutToken } from './no-alert.ts'

/** The search takes a comma for the end of a label. */
const label = v.pipe(
  text('a label'),
  v.maxLength(50, 'must be a label of at most 50 characters'),
  v.excludes(',', 'must be a label without a comma')
)

const schema = v.strictObject({
  type: v.literal('issue'),
  repository: described(
    v.optional(repository),
    'Where the issue is opened; left out, the repository of the run.'
  ),
  labels: described(
    v.optional(v.pipe(v.array(label), v.minLength(1, 'must hold at least one label')), [
      'credential-rotation'
    ]),
    'Labels of the issue; the first finds it again.'
  )
})

/** An issue in a GitHub repository. */
export const issueKind: AlertKind<v.InferOutput<typeof schema>, DriverServices & GitHubServices> = {
  type: 'issue',
  schema,
  needsGithub: true,
  create: (alert, { github, run }) => {
    if (github === undefined) return alertWithoutToken
    return new IssueAlert({
      client: github,
      repository: alert.repository ?? run.repository,
      labels: alert.labels,
      workflow: run.workflow,
      runbookUrl: formRunbookUrl(run),
      serverUrl: serverOf(run.runUrl)
    })
  }
}
