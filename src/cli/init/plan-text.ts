import { LOCK_NAME, makeBlueprint, nameOf, OWN_TOKEN, ROTATION } from './blueprint.ts'
import { LOCK_LABELS, usesStore, type Choices } from './choices.ts'
import { PATHS } from './files.ts'

/** Describes what `init` makes, line by line. */
export function describePlan(
  choices: Choices,
  {
    repository,
    defaultBranch,
    existing
  }: {
    readonly repository: string
    readonly defaultBranch: string
    /** Names of the tokens that exist. */
    readonly existing: ReadonlySet<string>
  }
): readonly string[] {
  const { tokens, serviceToken, environments } = makeBlueprint(choices)
  return [
    `In the Cloudflare account ${choices.accountId}:`,
    ...(choices.lock === 'none' ? [] : [`  the ${LOCK_LABELS[choices.lock]} ${LOCK_NAME}, for the lock`]),
    ...(usesStore(choices) ? ['  a Secrets Store, unless there is one'] : []),
    ...tokens.map(({ variable, permissions, lifetimeMs }) => {
      const name = nameOf(repository, variable)
      const end = lifetimeMs === undefined ? ', which does not expire' : ''
      const replaced = existing.has(name)
        ? `; ${variable} gets a new value, and the token of that name is deleted`
        : ''
      return `  the token "${name}" with ${permissions.join(', ')}${end}${replaced}`
    }),
    ...(serviceToken === undefined
      ? []
      : [
          `  the Access service token "${nameOf(repository, 'service')}"${existing.has(nameOf(repository, 'service')) ? ', which exists and gets a new secret' : ''}: add it to your policies`
        ]),
    `In the repository ${repository}:`,
    `  the environment ${ROTATION}, for the branch ${defaultBranch} only, with the secrets ${[...tokens.map(({ variable }) => variable), ...Object.values(serviceToken ?? {})].join(', ')}`,
    `  and what writes GitHub secrets: a GitHub App, or the token of ROTATION_GITHUB_PAT`,
    ...environments.map((name) => `  the environment ${name}, unless there is one`),
    'In this folder:',
    ...PATHS.map((path) => `  ${path}`),
    ...(tokens.some(({ variable }) => variable === OWN_TOKEN) ? [`${OWN_TOKEN} is not rotated.`] : [])
  ]
}
