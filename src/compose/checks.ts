import { createGithubTokenCheck } from '../checks/github-token.ts'
import { createServiceTokenInventory, createTokenInventory } from '../checks/inventory.ts'
import { createScheduleCheck, keepScheduleAlive } from '../checks/schedule.ts'
import { Workflow } from '../github/workflow.ts'
import type { CheckPort } from '../rotation/finding.ts'
import type { Workshop } from './workshop.ts'

/** Makes what a check looks at besides the rotations. */
export function createChecks(shop: Workshop): readonly CheckPort[] {
  const { clock, configuration } = shop.parts
  const kinds = new Set(
    configuration.rotations.flatMap(({ credentials }) => credentials.map(({ type }) => type))
  )
  const workflow = workflowOf(shop)
  const secrets = shop.githubSecrets
  return [
    ...(kinds.has('account-token') ? [createTokenInventory(() => shop.tokens())] : []),
    ...(kinds.has('access-service-token') ? [createServiceTokenInventory(() => shop.serviceTokens())] : []),
    ...(workflow === undefined ? [] : [createScheduleCheck(workflow, clock)]),
    ...(secrets === undefined ? [] : [createGithubTokenCheck(secrets, clock)])
  ]
}

/** Keeps the workflow's schedule alive, where the configuration asks for it. */
export async function keepAlive(shop: Workshop): Promise<void> {
  const { clock, reporter, configuration } = shop.parts
  const workflow = workflowOf(shop)
  if (configuration['keep-schedule-alive'] && workflow !== undefined)
    await keepScheduleAlive(workflow, clock, reporter)
}

function workflowOf(shop: Workshop): Workflow | undefined {
  const { repository, workflow } = shop.parts.run
  return shop.github === undefined ? undefined : new Workflow({ client: shop.github, repository, workflow })
}
