import { asRotationError } from '../kernel/error.ts'
import type { Reporter } from '../rotation/model/ports.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import type { CoordinatorClient } from './client.ts'

/** Reports the end of a run to the coordinator: how it ended, when the next rotation is due, and when each slot ends. Its failure fails nothing. */
export async function reportRun(
  record: RunRecord,
  { client, reporter }: { readonly client: CoordinatorClient; readonly reporter: Reporter }
): Promise<void> {
  const { run, outcome, endedAt, rotations } = record
  try {
    await client.report({
      repository: run.repository,
      workflow: workflowPath(run.workflow),
      runId: run.id,
      attempt: run.attempt,
      outcome,
      endedAt,
      nextDue: rotations.flatMap(({ nextDue }) => nextDue ?? []).sort()[0] ?? null,
      credentials: rotations.flatMap(({ name, credentials }) =>
        credentials.map((credential) => ({
          rotation: name,
          credential: credential.name,
          slots: {
            primary: { expiresAt: credential.slots.primary.expiresAt },
            secondary:
              credential.slots.secondary === null ? null : { expiresAt: credential.slots.secondary.expiresAt }
          }
        }))
      )
    })
  } catch (thrown) {
    const { message, hint } = asRotationError(thrown)
    reporter.warning(
      `The end of this run was not reported: ${message}${hint === undefined ? '' : ` ${hint}`}`
    )
  }
}

/** The path of a workflow in its repository, from `owner/name/.github/workflows/rotate.yml`. */
function workflowPath(workflow: string): string {
  return /\.github\/workflows\/[^@]+/.exec(workflow)?.[0] ?? workflow
}
