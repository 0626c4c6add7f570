import { cloudflareErrorMapper } from '../../cloudflare/errors/error-mapper.ts'
import { GitHubClient } from '../../github/client.ts'
import { githubErrorMapper } from '../../github/error-mapper.ts'
import { createApiFetch } from '../../http/api-fetch.ts'
import type { ErrorMapper } from '../../http/error-mapper.ts'
import { RotationError } from '../../kernel/error.ts'
import type { Secret } from '../../kernel/secret.ts'
import { systemClock } from '../../process/system-clock.ts'
import { useProxyFromEnvironment } from '../../process/proxy.ts'
import { EXIT, exitCodeOfSignal } from '../exit-code.ts'
import { readGithubTokens } from '../github-tokens.ts'
import { listenForInterrupts } from '../interrupts.ts'
import { readOutput } from '../read-output.ts'
import { findRepository, type RepositoryPlace } from '../repository.ts'
import { printError } from '../result.ts'
import type { Surroundings } from '../run-rotations.ts'
import { parseInitArguments, INIT_HELP, type InitArguments } from './arguments.ts'
import { NotAnswered, type Ask } from './ask.ts'
import { makeBlueprint, ROTATION, secondaryOf } from './blueprint.ts'
import { checkSetUp } from './check-set-up.ts'
import { usesStore, type Choices } from './choices.ts'
import { choose } from './choose.ts'
import { PATHS, writeFilesFor } from './files.ts'
import { GithubApp } from './github-app.ts'
import { accessKindOf, findAccess, hasAccess } from './github-access.ts'
import { makeEverything, type Made, type Making } from './make.ts'
import { describePlan } from './plan-text.ts'
import { requireReplaceable, writeProjectFiles } from './project-files.ts'
import { SetupAccount } from './setup-account.ts'
import { SetupRepository, type RepositoryFacts } from './setup-repository.ts'

const SETUP_TOKEN = 'CLOUDFLARE_SETUP_TOKEN'

/** Sets up a repository. @returns the exit code */
export async function runInit(rest: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal } = surroundings
  const args = parseInitArguments(rest)
  if (args.help) {
    terminal.result(INIT_HELP.trimEnd())
    return EXIT.done
  }
  const interrupts = listenForInterrupts(process, {
    monotonic: () => systemClock.monotonic(),
    onFirst: (signal) => terminal.warning(`${signal}: stopping after this step.`),
    onAgain: (signal) => process.exit(exitCodeOfSignal(signal))
  })
  const begun: string[] = []
  const before = (what: string): void => {
    if (interrupts.asked.aborted) throw new NotAnswered()
    begun.push(what)
    terminal.progress(`Making ${what}`)
  }
  try {
    return await setUp(args, { ...surroundings, before })
  } catch (thrown) {
    const isStopped = thrown instanceof NotAnswered
    if (!isStopped && begun.length === 0) throw thrown
    if (!isStopped) printError(terminal, thrown)
    if (begun.length > 0) terminal.progress(describeMade(begun, isStopped))
    return isStopped ? exitCodeOfSignal(interrupts.signal ?? 'SIGINT') : EXIT.failed
  } finally {
    interrupts.dispose()
  }
}

/** Describes what an incomplete set-up has made. @param isComplete whether the last step is */
function describeMade(begun: readonly string[], isComplete: boolean): string {
  const made = isComplete ? begun : begun.slice(0, -1)
  return [
    ...(isComplete ? [] : [`Failed at ${begun.at(-1) ?? ''}.`]),
    ...(made.length === 0 ? [] : [`There now, and kept: ${made.join(', ')}.`]),
    'Run the command again to go on: it finds what it made.'
  ].join(' ')
}

interface SetUp extends Surroundings {
  readonly before: (what: string) => void
}

/** What {@link choosePlan} has read. */
interface Seen {
  readonly ask: Ask | undefined
  readonly seen: SetupAccount
  readonly repository: SetupRepository
  readonly facts: RepositoryFacts
  readonly place: RepositoryPlace
}

async function setUp(args: InitArguments, { terminal, secrets, before }: SetUp): Promise<number> {
  const { env } = process
  const ask =
    process.stdin.isTTY && process.stdout.isTTY ? (await import('./ask.ts')).askInTerminal : undefined
  const place = findRepository(args.repository, { env, readOutput })
  const warning = await useProxyFromEnvironment(env)
  if (warning !== undefined) terminal.warning(warning)
  const { githubToken } = readGithubTokens({
    environment: (name) => env[name] || undefined,
    ...{ secrets, readOutput, serverUrl: place.serverUrl }
  })
  requireComplete(args, { ask, githubToken })
  const setupToken = secrets.register(
    env[SETUP_TOKEN] || (await (ask?.secret('Set-up token of Cloudflare') ?? ''))
  )
  const { github, repository, seen } = createClients(args, {
    terminal,
    secrets,
    place,
    setupToken,
    githubToken
  })
  const facts = await repository.read()
  const { choices, account, plan } = await choosePlan(args, { ask, seen, repository, facts, place })
  for (const line of plan) terminal.result(line)
  if (args.dryRun) {
    terminal.progress('Nothing was written, since this is a dry run.')
    return EXIT.done
  }
  if (ask !== undefined && !args.yes && !(await ask.confirm('Make all of this?'))) throw new NotAnswered()
  const access = await findAccess({
    ...{ args, env, ask, facts, secrets, repository: place.repository },
    show: (text) => terminal.result(text),
    appOf: (key) =>
      new GithubApp(key, { ...github, now: () => systemClock.now(), secrets, repository: place.repository })
  })
  const values = await makeAndWrite({
    ...{ choices, account, repository, facts, access, before },
    name: place.repository,
    warn: (message) => terminal.warning(message)
  })
  before('the check')
  return await checkSetUp({
    ...{ terminal, secrets, place, values },
    tokens: { githubToken, githubSecretsToken: access.token },
    cloudflareApiUrl: args.cloudflareApiUrl
  })
}

/** Finds out what is to be made, and refuses what would replace something, before anything is written. */
async function choosePlan(
  args: InitArguments,
  { ask, seen, repository, facts, place }: Seen
): Promise<{ readonly choices: Choices; readonly account: SetupAccount; readonly plan: readonly string[] }> {
  const choices = await choose(args, { account: seen, ask })
  await requireNotRotated(choices, { repository, overwrite: args.overwrite })
  const account = seen.of(choices.accountId)
  if (!args.overwrite) await requireNoOtherFiles(choices, { account, repository: place.repository })
  const existing = await account.listNames({ withServiceTokens: choices.kinds.includes('access') })
  return {
    choices,
    account,
    plan: describePlan(choices, { ...facts, repository: place.repository, existing })
  }
}

/** Makes everything, and writes the files that name it. @returns the values of the tokens, by variable */
async function makeAndWrite(making: Making): Promise<Made['values']> {
  const { ids, values } = await makeEverything(making)
  const { choices, name: repository, access, before } = making
  before(PATHS.join(' and '))
  writeProjectFiles(process.cwd(), writeFilesFor(choices, { repository, access: access.kind, ids }))
  return values
}

/** Creates the clients of GitHub and of Cloudflare, none of which is called yet. */
function createClients(
  { cloudflareApiUrl }: InitArguments,
  {
    terminal,
    secrets,
    place,
    setupToken,
    githubToken
  }: Surroundings & {
    readonly place: RepositoryPlace
    readonly setupToken: Secret
    readonly githubToken: Secret | undefined
  }
) {
  const fetchOf = (errorMapper: ErrorMapper): typeof fetch =>
    createApiFetch({
      ...{ errorMapper, fetch: globalThis.fetch },
      ...{ clock: systemClock, random: Math.random },
      redact: (text) => secrets.redact(text),
      onRetry: (message) => terminal.progress(message)
    })
  const github = { apiUrl: place.apiUrl, fetch: fetchOf(githubErrorMapper) }
  const client = new GitHubClient(githubToken ?? setupToken, github)
  return {
    github,
    repository: new SetupRepository(client, place.repository),
    seen: new SetupAccount({
      ...{ apiUrl: cloudflareApiUrl, fetch: fetchOf(cloudflareErrorMapper) },
      ...{ token: setupToken, secrets, now: () => systemClock.now() }
    })
  }
}

/** Without a terminal, everything that would be asked for must be given. */
function requireComplete(
  args: InitArguments,
  { ask, githubToken }: { readonly ask: Ask | undefined; readonly githubToken: Secret | undefined }
): void {
  const missing = [
    ...(githubToken === undefined ? ['GITHUB_TOKEN, or a login of `gh`'] : []),
    ...(ask !== undefined || (process.env[SETUP_TOKEN] ?? '') !== '' ? [] : [SETUP_TOKEN]),
    ...(ask !== undefined || args.kinds.length > 0 ? [] : ['--rotate']),
    ...(ask !== undefined || args.dryRun || hasAccess({ args, env: process.env })
      ? []
      : ['--app-client-id and --app-private-key-file, or ROTATION_GITHUB_PAT'])
  ]
  if (missing.length === 0) return
  throw new RotationError(
    'bad-input',
    ['There is no terminal to ask in, and these are missing:', ...missing.map((one) => `  ${one}`)].join(
      '\n'
    ),
    { hint: 'Nothing was called. `rotate-action init --help` describes them.' }
  )
}

/** A file with other contents is found before anything is made: the ids that a file of an earlier try names exist already. */
async function requireNoOtherFiles(
  choices: Choices,
  { account, repository }: { readonly account: SetupAccount; readonly repository: string }
): Promise<void> {
  const ids = {
    lockId: await account.findLock(choices.lock),
    storeId: usesStore(choices) ? await account.findStore() : undefined
  }
  const access = accessKindOf(process.env)
  requireReplaceable(process.cwd(), writeFilesFor(choices, { repository, access, ids }))
}

/** After a rotation the slots hold what no set-up may replace. */
async function requireNotRotated(
  choices: Choices,
  { repository, overwrite }: { readonly repository: SetupRepository; readonly overwrite: boolean }
): Promise<void> {
  if (overwrite) return
  const { tokens, serviceToken } = makeBlueprint(choices)
  const variables = [...tokens.map(({ variable }) => variable), ...Object.values(serviceToken ?? {})]
  const secondaries = new Set(variables.map(secondaryOf).filter((name) => !variables.includes(name)))
  const rotated = (await repository.listSecrets(ROTATION)).filter((name) => secondaries.has(name))
  if (rotated.length === 0) return
  throw new RotationError(
    'bad-input',
    `The environment ${ROTATION} has ${rotated.join(', ')}: this repository is set up and has rotated. Nothing was changed.`,
    { hint: 'Start its workflow, or replace everything with --overwrite.' }
  )
}
