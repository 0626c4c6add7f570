import { Secret, type SecretRegistry } from '../kernel/secret.ts'
import type { ReadVariable } from '../kernel/environment.ts'
import type { ReadOutput } from './read-output.ts'

/** The tokens with which GitHub is called. */
export interface GithubTokens {
  readonly githubToken: Secret | undefined
  readonly githubSecretsToken: Secret | undefined
}

/** No token is shorter; masking a word would damage the whole output. */
const SHORTEST_TOKEN = 16

/** Reads the tokens: of the environment, or else that of GitHub's command line, `gh`. */
export function readGithubTokens({
  environment,
  serverUrl,
  secrets,
  readOutput
}: {
  readonly environment: ReadVariable
  readonly serverUrl: string
  readonly secrets: SecretRegistry
  readonly readOutput: ReadOutput
}): GithubTokens {
  const own = environment('GITHUB_SECRETS_TOKEN')
  const host = new URL(serverUrl).host
  const general =
    environment('GITHUB_TOKEN') ??
    environment('GH_TOKEN') ??
    readOutput('gh', ['auth', 'token', '--hostname', host])
  const toSecret = (value: string | undefined): Secret | undefined => {
    if (value === undefined || value === '') return undefined
    return value.length < SHORTEST_TOKEN ? new Secret(value) : secrets.register(value)
  }
  return { githubToken: toSecret(general), githubSecretsToken: toSecret(own ?? general) }
}
