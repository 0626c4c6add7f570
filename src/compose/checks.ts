import { createGithubTokenCheck } from '../checks/github-token.ts'
import { createServiceTokenInventory, createTokenInventory } from '../checks/inventory.ts'
import { createPermissionsCheck, type RoleNeed } from '../checks/permissions.ts'
import { createScheduleCheck } from '../checks/schedule.ts'
import type { AuthRole } from '../config/schema.ts'
import { Workflow } from '../github/workflow.ts'
import type { CheckPort } from '../rotation/model/finding.ts'
import type { RunServices } from './services.ts'

/** Makes what a check looks at besides the rotations. */
export function createChecks(services: RunServices): readonly CheckPort[] {
  const { clock, configuration } = services.dependencies
  const kinds = new Set(
    configuration.rotations.flatMap(({ credentials }) => credentials.map(({ type }) => type))
  )
  const needs = findNeeds(services)
  const workflow = workflowOf(services)
  const secrets = services.githubSecrets
  return [
    ...(kinds.has('account-token') ? [createTokenInventory(() => services.tokens())] : []),
    ...(kinds.has('access-service-token')
      ? [createServiceTokenInventory(() => services.serviceTokens())]
      : []),
    createPermissionsCheck({ account: services.account('tokens'), needs, tokens: () => services.tokens() }),
    ...(workflow === undefined ? [] : [createScheduleCheck(workflow, clock)]),
    ...(secrets === undefined ? [] : [createGithubTokenCheck(secrets, clock)])
  ]
}

/** The permissions that the roles in use need, by Cloudflare's names. A SECONDARY is left alone: using it would be taken for a consumer's use. */
function findNeeds(services: RunServices): readonly RoleNeed[] {
  const { configuration } = services.dependencies
  const { rotations, lock, alert, auth } = configuration
  const kinds = new Set(rotations.flatMap(({ credentials }) => credentials.map(({ type }) => type)))
  const stores = rotations.some(({ destinations }) =>
    destinations.some(({ type }) => type === 'secrets-store')
  )
  const fallbacks = new Set(
    rotations.flatMap(({ credentials }) =>
      credentials.flatMap(({ secrets }) => Object.values(secrets).flatMap(({ secondary }) => secondary ?? []))
    )
  )
  const permissions: Readonly<Record<AuthRole, readonly string[]>> = {
    tokens: kinds.has('account-token') ? ['Account API Tokens Write'] : [],
    secrets: stores ? ['Secrets Store Write'] : [],
    access: kinds.has('access-service-token') ? ['Access: Service Tokens Write'] : [],
    lock: lock.type === 'kv' ? ['Workers KV Storage Write'] : lock.type === 'd1' ? ['D1 Write'] : [],
    email: alert.type === 'email' && alert.smtp === undefined ? ['Email Sending Write'] : []
  }
  return (Object.keys(permissions) as AuthRole[])
    .filter((role) => permissions[role].length > 0)
    .map((role) => ({
      role,
      permissions: permissions[role],
      candidates: [auth[role]]
        .flat()
        .filter((name) => !fallbacks.has(name))
        .flatMap((name) => services.values.allOf(name).map((token) => ({ name, token })))
    }))
}

function workflowOf(services: RunServices): Workflow | undefined {
  const { repository, workflow } = services.dependencies.run
  return services.github === undefined
    ? undefined
    : new Workflow({ client: services.github, repository, workflow })
}
