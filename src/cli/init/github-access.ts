import { readFileSync } from 'node:fs'
import { RotationError } from '../../kernel/error.ts'
import type { Secret, SecretRegistry } from '../../kernel/secret.ts'
import type { InitArguments } from './arguments.ts'
import type { Ask } from './ask.ts'
import { appLink, type AppKey, type GithubApp, type Installation } from './github-app.ts'
import type { RepositoryFacts } from './setup-repository.ts'

/** How the rotation will write GitHub secrets: by an App, or with a token of a person. */
export type Access =
  | { readonly kind: 'app'; readonly key: AppKey; readonly token: Secret }
  | { readonly kind: 'token'; readonly token: Secret }

/** What {@link findAccess} needs. */
export interface AccessOptions {
  readonly args: InitArguments
  readonly env: NodeJS.ProcessEnv
  readonly ask: Ask | undefined
  readonly facts: RepositoryFacts
  readonly repository: string
  readonly secrets: SecretRegistry
  readonly appOf: (key: AppKey) => GithubApp
  /** Shows a text to the person. */
  readonly show: (text: string) => void
}

/** Name of the secret and variable of a personal token. */
export const PAT = 'ROTATION_GITHUB_PAT'

/** How secrets are written, as the environment says. */
export function accessKindOf(env: NodeJS.ProcessEnv): Access['kind'] {
  return (env[PAT] ?? '') === '' ? 'app' : 'token'
}

/** Whether the arguments and the environment say how secrets are written. */
export function hasAccess({ args, env }: Pick<AccessOptions, 'args' | 'env'>): boolean {
  return (
    accessKindOf(env) === 'token' || (args.appClientId !== undefined && args.appPrivateKeyFile !== undefined)
  )
}

/** Gets the App that writes secrets, after showing the link by which it is registered, or the token. Waits until it is installed. */
export async function findAccess(options: AccessOptions): Promise<Access> {
  const { args, env, ask, facts, repository, secrets, show, appOf } = options
  const pat = env[PAT] ?? ''
  if (pat !== '') return { kind: 'token', token: secrets.register(pat) }
  if (args.appClientId === undefined) {
    show(
      `Register the GitHub App with this link, generate a private key, and install it on ${repository}:\n${appLink(facts, repository)}`
    )
  }
  const clientId = args.appClientId ?? (await required(ask).text('Client ID of the App'))
  const path = args.appPrivateKeyFile ?? (await required(ask).text('Path of its private key (.pem)'))
  const key = { clientId: clientId.trim(), privateKey: secrets.register(readKeyFile(path.trim())) }
  const app = appOf(key)
  for (;;) {
    const found = await app.findInstallation()
    if (found.state === 'installed' && found.lacking.length === 0)
      return { kind: 'app', key, token: await app.createToken(found.id, secrets) }
    const problem = describe(found, repository)
    if (ask === undefined)
      throw new RotationError('bad-input', problem, { hint: 'Then run the command again.' })
    show(problem)
    if (!(await ask.confirm('Is it done?'))) throw new RotationError('bad-input', problem)
  }
}

function describe(found: Installation, repository: string): string {
  if (found.state === 'missing') return `The App is not installed on ${repository}: install it there.`
  return `The App lacks the repository permissions ${found.lacking.join(', ')}: add them in its settings, and accept them for the installation.`
}

function required(ask: Ask | undefined): Ask {
  if (ask === undefined) throw new TypeError('Without a terminal the arguments are complete')
  return ask
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    throw new RotationError('bad-input', `${path}: the private key cannot be read (${code ?? 'unknown'}).`, {
      hint: 'Give the path of the .pem file that GitHub made.'
    })
  }
}
