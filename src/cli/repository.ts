import { RotationError } from '../kernel/error.ts'
import type { ReadOutput } from './read-output.ts'

/** A repository and the server that it is on. */
export interface RepositoryPlace {
  /** `owner/name` */
  readonly repository: string
  /** Origin of the server, e.g. `https://github.com`. */
  readonly serverUrl: string
  readonly apiUrl: string
}

const GITHUB = 'https://github.com'

/**
 * Finds the repository: the named one, that of a workflow's environment, or that of the git remote.
 * @throws RotationError `bad-input` where there is none
 */
export function findRepository(
  named: string | undefined,
  { env, readOutput }: { readonly env: NodeJS.ProcessEnv; readonly readOutput: ReadOutput }
): RepositoryPlace {
  const given = named ?? (env['GITHUB_REPOSITORY'] || undefined)
  const remote = parseRemote(findRemoteUrl(readOutput))
  const repository = given ?? remote?.repository
  if (repository === undefined) {
    throw new RotationError('bad-input', 'The repository is not known: git has no remote here.', {
      hint: 'Name it with --repository owner/name, or run the command in a clone.'
    })
  }
  const serverUrl = parseServer(env['GITHUB_SERVER_URL'] || remote?.serverUrl || GITHUB)
  return { repository, serverUrl, apiUrl: env['GITHUB_API_URL'] || apiOf(serverUrl) }
}

function parseServer(url: string): string {
  if (/^https?:\/\/[^/?#]+\/?$/.test(url) && URL.canParse(url)) return new URL(url).origin
  throw new RotationError('bad-input', 'GITHUB_SERVER_URL is not the URL of a server.', {
    hint: 'Set it to the address of GitHub, e.g. https://github.com, or unset it. Nothing was called.'
  })
}

/** GitHub Enterprise Server has its API under its own host; GitHub's documentation. */
function apiOf(serverUrl: string): string {
  return serverUrl === GITHUB ? 'https://api.github.com' : `${serverUrl}/api/v3`
}

function findRemoteUrl(readOutput: ReadOutput): string | undefined {
  const remotes = (readOutput('git', ['remote']) ?? '').split('\n').filter((name) => name !== '')
  const remote = remotes.includes('origin') ? 'origin' : remotes.length === 1 ? remotes[0] : undefined
  return remote === undefined ? undefined : readOutput('git', ['remote', 'get-url', remote])
}

/** Parses `https://host/owner/name.git`, `ssh://git@host/owner/name` and `git@host:owner/name.git`. */
export function parseRemote(
  url: string | undefined
): Pick<RepositoryPlace, 'repository' | 'serverUrl'> | undefined {
  const [, host, repository] =
    /^(?:(?:https?|ssh|git):\/\/(?:[^@/]+@)?|(?:[^@/]+@))([\w.-]+)(?::\d+)?[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(
      url ?? ''
    ) ?? []
  if (host === undefined || repository === undefined) return undefined
  // GitHub takes ssh on port 443 under this name; its documentation.
  return { repository, serverUrl: `https://${host === 'ssh.github.com' ? 'github.com' : host}` }
}
