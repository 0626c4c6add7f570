import { createGithubTokenCheck } from '../checks/github-token.ts'
import { createInventory } from '../checks/inventory.ts'
import { createPermissionsCheck, type RoleNeed } from '../checks/permissions.ts'
import { createScheduleCheck } from '../checks/schedule.ts'
import { readTokens } from '../cloudflare/services.ts'
import { ACCOUNT_TOKENS } from '../cloudflare/token-routes.ts'
import { permissionsByRole } from '../config/parts.ts'
import { allSlots, credentialsOf, destinationsOf, namesAt, slotsOf } from '../config/walk.ts'
import { kindOf } from '../config/kinds.ts'
import { createSeenCheck, type ExpectedSecret } from '../checks/seen.ts'
import { Workflow } from '../github/workflow.ts'
import type { CheckPort } from '../rotation/model/finding.ts'
import { kinds } from './kinds.ts'
import type { RunServices } from './services.ts'

/** Makes the checks of the account, the repository and the tokens. */
export function createChecks(services: RunServices): readonly CheckPort[] {
  const { clock, configuration, coordinator, github, githubSecrets, run } = services
  const used = new Set(credentialsOf(configuration).map(({ credential }) => credential.type))
  return [
    ...kinds.credentials
      .filter(({ type }) => used.has(type))
      .map(({ inventory }) => createInventory(inventory, () => inventory.list(services))),
    createPermissionsCheck({
      account: services.account('tokens'),
      needs: findNeeds(services),
      tokens: () => readTokens(services, ACCOUNT_TOKENS)
    }),
    ...(coordinator === undefined
      ? []
      : [createSeenCheck(findSeenSecrets(services), (names) => coordinator.see(names))]),
    ...(github === undefined ? [] : [createScheduleCheck(new Workflow({ ...run, client: github }), clock)]),
    ...(githubSecrets === undefined ? [] : [createGithubTokenCheck(githubSecrets, clock)])
  ]
}

/** The PRIMARY secrets that the coordinator must see, with what the step was given. A SECONDARY may be left out. */
function findSeenSecrets({ configuration, valuesOf }: RunServices): readonly ExpectedSecret[] {
  return destinationsOf(configuration).flatMap(({ rotation, destination }) => {
    if (kindOf(kinds.destinations, destination).needsCoordinator?.(destination) === undefined) return []
    const variables = credentialsOf(configuration, [rotation]).flatMap(slotsOf)
    return variables
      .filter(({ slot }) => slot === 'primary')
      .flatMap(({ name: variable }) => {
        const value = valuesOf(variable).at(-1)
        return value === undefined ? [] : namesAt(destination, variable).map((name) => ({ name, value }))
      })
  })
}

/** The permissions that the roles in use need. A SECONDARY is not used: that would look like a consumer's use. */
function findNeeds({ configuration, candidatesOf }: RunServices): readonly RoleNeed[] {
  const slots = allSlots(configuration)
  const fallbacks = new Set(slots.filter(({ slot }) => slot === 'secondary').map(({ name }) => name))
  return [...permissionsByRole(configuration, kinds)].map(([role, permissions]) => ({
    role,
    permissions,
    candidates: candidatesOf(role).filter(({ name }) => !fallbacks.has(name))
  }))
}
