import type { Secret } from '../../kernel/secret.ts'
import { LOCK_NAME, makeBlueprint, nameOf, ROTATION } from './blueprint.ts'
import { LOCK_LABELS, usesStore, type Choices } from './choices.ts'
import type { MadeIds } from './files.ts'
import { PAT, type Access } from './github-access.ts'
import type { SetupAccount } from './setup-account.ts'
import type { RepositoryFacts, SetupRepository } from './setup-repository.ts'

/** Variable and secret of the App. */
const APP_ID = 'ROTATION_APP_CLIENT_ID'
const APP_KEY = 'ROTATION_APP_PRIVATE_KEY'

/** What {@link makeEverything} works with. */
export interface Making {
  readonly choices: Choices
  readonly account: SetupAccount
  readonly repository: SetupRepository
  /** `owner/name` */
  readonly name: string
  readonly facts: RepositoryFacts
  readonly access: Access
  /** Called before each step. @throws where the set-up was asked to stop */
  readonly before: (what: string) => void
  readonly warn: (message: string) => void
}

/** What was made. */
export interface Made {
  readonly ids: MadeIds
  /** Values of the secrets, by variable, for the check. */
  readonly values: ReadonlyMap<string, Secret>
}

/** Makes everything but the files, one step after the other. Each step finds what an earlier try of it made. */
export async function makeEverything(making: Making): Promise<Made> {
  const { choices, account, repository, name, facts, before, warn } = making
  const blueprint = makeBlueprint(choices)
  const ids = await makeIds(making)
  before(`the environment ${ROTATION}`)
  if ((await repository.restrictEnvironment(ROTATION, facts.defaultBranch)) === 'open') {
    warn(
      `The environment ${ROTATION} is open to every branch, and has other rules, which stay: restrict it to ${facts.defaultBranch} in the settings of the repository.`
    )
  }
  for (const environment of blueprint.environments) {
    before(`the environment ${environment}`)
    await repository.ensureEnvironment(environment)
  }
  await storeAccess(making)
  const values = new Map<string, Secret>()
  for (const token of blueprint.tokens) {
    before(`the token ${token.variable}`)
    const own = nameOf(name, token.variable)
    // An earlier one works until the secret holds the new value.
    const { id, value } = await account.createToken(token, own)
    await repository.putSecret(ROTATION, token.variable, value)
    await account.deleteOthers(own, id)
    values.set(token.variable, value)
  }
  const { serviceToken } = blueprint
  if (serviceToken !== undefined) {
    before(`the Access service token ${nameOf(name, 'service')}`)
    const made = await account.ensureServiceToken(nameOf(name, 'service'))
    for (const [variable, value] of [
      [serviceToken.id, made.id],
      [serviceToken.secret, made.secret]
    ] as const) {
      await repository.putSecret(ROTATION, variable, value)
      values.set(variable, value)
    }
  }
  return { ids, values }
}

async function makeIds({ choices, account, before }: Making): Promise<MadeIds> {
  const { lock } = choices
  if (lock !== 'none') before(`the ${LOCK_LABELS[lock]} ${LOCK_NAME}`)
  const lockId = lock === 'none' ? undefined : await account.ensureLock(lock)
  if (!usesStore(choices)) return { lockId, storeId: undefined }
  before('the Secrets Store')
  return { lockId, storeId: await account.ensureStore() }
}

async function storeAccess({ access, repository, before }: Making): Promise<void> {
  if (access.kind === 'token') {
    before(`the secret ${PAT}`)
    await repository.putSecret(ROTATION, PAT, access.token)
    return
  }
  before(`the secret ${APP_KEY}`)
  await repository.setVariable(ROTATION, APP_ID, access.key.clientId)
  await repository.putSecret(ROTATION, APP_KEY, access.key.privateKey)
}
