import * as v from 'valibot'
import type { GitHubServices } from '../github/client.ts'
import { described, duration, matching, repository, text } from '../kernel/fields.ts'
import { isSameName } from '../kernel/repository.ts'
import type { GateKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { WorkflowGate } from './workflow-gate.ts'

/** Most inputs that GitHub takes of a `workflow_dispatch`. */
const MAX_INPUTS = 25

const input = v.union([v.string(), v.number(), v.boolean()], 'must be a text, a number, or true or false')

const schema = v.strictObject({
  workflow: v.strictObject({
    file: described(
      matching(/^[\w.-]+\.ya?ml$/, 'the name of a file in .github/workflows, e.g. deploy.yml'),
      'The file in `.github/workflows`; it needs the trigger `workflow_dispatch`.'
    ),
    repository: described(v.optional(repository), 'Its repository; left out, that of the run.'),
    ref: described(v.optional(text('a branch or a tag')), 'The branch or tag; left out, the default branch.'),
    inputs: described(
      v.optional(
        v.pipe(
          v.record(text('the name of an input'), input),
          v.check(
            (inputs) => Object.keys(inputs).length <= MAX_INPUTS,
            `must hold at most ${MAX_INPUTS} inputs`
          )
        ),
        {}
      ),
      'The inputs of the workflow.'
    ),
    timeout: described(
      v.optional(duration, '15m'),
      'How long its run may take, its time in the queue included.'
    )
  })
})

/** A workflow that makes consumers take over the new values, and shows that they work. */
export const workflowGateKind: GateKind<v.InferOutput<typeof schema>, DriverServices & GitHubServices> = {
  key: 'workflow',
  schema,
  needsGithub: true,
  create: ({ workflow }, { github, githubSecrets, run, clock, random, cancelled, readOnce }) => {
    const { file, ref, inputs, timeout } = workflow
    const at = workflow.repository ?? run.repository
    const isHere = isSameName(at, run.repository)
    return new WorkflowGate({
      ...{ file, ref, timeoutMs: timeout, repository: at, clock, random, cancelled, readOnce },
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)])),
      client: isHere ? github : githubSecrets,
      token: isHere ? 'github-token' : 'github-secrets-token',
      webUrl: new URL(run.runUrl).origin
    })
  }
}
