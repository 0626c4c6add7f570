import { parseArgs } from 'node:util'
import { findApiUrlProblem } from '../../kernel/safe-url.ts'
import { UsageError } from '../usage-error.ts'
import {
  ACCOUNT_ID,
  keysOf,
  KINDS,
  LOCKS,
  STORES,
  type Kind,
  type LockKind,
  type StoreKind
} from './choices.ts'

/** Arguments of `init`; what is undefined is asked for in a terminal. */
export interface InitArguments {
  readonly help: boolean
  readonly accountId: string | undefined
  readonly kinds: readonly Kind[]
  readonly lock: LockKind | undefined
  readonly store: StoreKind | undefined
  readonly deployPermissions: readonly string[]
  readonly appClientId: string | undefined
  /** A path. */
  readonly appPrivateKeyFile: string | undefined
  readonly repository: string | undefined
  readonly action: string
  readonly dryRun: boolean
  readonly overwrite: boolean
  /** Whether the plan needs no consent. */
  readonly yes: boolean
  readonly cloudflareApiUrl: string
}

const OPTIONS = {
  'account-id': { type: 'string' },
  rotate: { type: 'string', multiple: true },
  lock: { type: 'string' },
  store: { type: 'string' },
  'deploy-permissions': { type: 'string', default: 'Workers Scripts Write' },
  'app-client-id': { type: 'string' },
  'app-private-key-file': { type: 'string' },
  repository: { type: 'string' },
  action: { type: 'string', default: 'org/rotate-action@v1' },
  'dry-run': { type: 'boolean', default: false },
  overwrite: { type: 'boolean', default: false },
  yes: { type: 'boolean', short: 'y', default: false },
  'cloudflare-api-url': { type: 'string', default: 'https://api.cloudflare.com/client/v4' },
  help: { type: 'boolean', short: 'h', default: false }
} as const

/** Text of `init --help`. */
export const INIT_HELP = `Usage: rotate-action init [options]

Sets up a repository: makes the lock, the tokens with the least permissions, the GitHub environment with its secrets,
the configuration and the workflow, and checks it all. Asks for what is not given. What it made before it was stopped,
it finds by its name and goes on with; a token gets a new value then.

Options:
  --account-id <id>              the Cloudflare account (default: the only one that the set-up token lists;
                                 an account API token lists none)
  --rotate <kinds>               deploy, bootstrap, access; separated by commas
  --lock <kind>                  kv (default), d1 or none
  --store <kind>                 of the bootstrap pair: secrets-store (default) or none
  --deploy-permissions <names>   of the deploy token, separated by semicolons (default: Workers Scripts Write)
  --app-client-id <id>           the GitHub App that writes the secrets
  --app-private-key-file <path>  its private key
  --repository <o/name>          the repository (default: that of the git remote)
  --action <o/name@ref>          the action in the workflow
  --dry-run                      show the plan and write nothing
  --overwrite                    replace files and secrets that exist
  -y, --yes                      do not ask whether to go on
  --cloudflare-api-url <u>       another root of the Cloudflare API
  -h, --help

Environment:
  CLOUDFLARE_SETUP_TOKEN         a token that may make what is needed; each missing permission is named
  GITHUB_TOKEN                   of an administrator of the repository, or the token of \`gh auth token\`
  ROTATION_GITHUB_PAT            a fine-grained token that writes the secrets, instead of an App
`

/** Parses the arguments of `init`. @throws UsageError that names everything that is wrong */
export function parseInitArguments(args: readonly string[]): InitArguments {
  const values = parse(args)
  const problems: string[] = []
  const pick = <T extends string>(
    option: string,
    given: string | undefined,
    known: Readonly<Record<T, string>>
  ) => {
    if (given === undefined) return undefined
    const names = keysOf(known)
    const found = names.find((one) => one === given)
    if (found === undefined) problems.push(`--${option}: must be ${names.join(', ')}`)
    return found
  }
  const kinds = (values.rotate ?? [])
    .flatMap((list) => list.split(','))
    .flatMap((one) => pick('rotate', one.trim(), KINDS) ?? [])
  const url = findApiUrlProblem(values['cloudflare-api-url'])
  if (url !== undefined) problems.push(`--cloudflare-api-url: ${url}`)
  if (values['account-id'] !== undefined && !ACCOUNT_ID.test(values['account-id']))
    problems.push('--account-id: must be 32 hexadecimal digits')
  if (values.repository !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(values.repository))
    problems.push('--repository: must be owner/name')
  if (!/^[\w./-]+@[\w./-]+$/.test(values.action)) problems.push('--action: must be owner/name@ref')
  const parsed: InitArguments = {
    ...{ help: values.help, dryRun: values['dry-run'], overwrite: values.overwrite, yes: values.yes },
    ...{ accountId: values['account-id'], repository: values.repository, action: values.action },
    ...{ appClientId: values['app-client-id'], appPrivateKeyFile: values['app-private-key-file'] },
    kinds: [...new Set(kinds)],
    lock: pick('lock', values.lock, LOCKS),
    store: pick('store', values.store, STORES),
    deployPermissions: values['deploy-permissions']
      .split(';')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
    cloudflareApiUrl: values['cloudflare-api-url'].replace(/\/+$/, '')
  }
  if (parsed.deployPermissions.length === 0)
    problems.push('--deploy-permissions: must name a permission group')
  if (problems.length > 0) throw new UsageError([...new Set(problems)])
  return parsed
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values
  } catch (thrown) {
    const [, option] = /'(-{1,2}[A-Za-z][\w-]{0,30})/.exec(String(thrown)) ?? []
    throw new UsageError([
      option === undefined
        ? 'an argument cannot be read: init takes options only'
        : `${option}: there is no such option, or its value is missing or not expected`
    ])
  }
}
