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
import { findRepository } from '../repository.ts'
import type { Surroundings } from '../run-rotations.ts'
import { parseInitArguments, INIT_HELP, type InitArguments } from './arguments.ts'
import { NotAnswered, type Ask } from './ask.ts'
import { makeBlueprint, ROTATION, secondaryOf } from './blueprint.ts'
import { checkSetUp } from './check-set-up.ts'
import { choose } from './choose.ts'
import { PATHS, writeFilesFor } from './files.ts'
import { GithubApp } from './github-app.ts'
import { findAccess, hasAccess } from './github-access.ts'
import { makeEverything } from './make.ts'
import { describePlan } from './plan-text.ts'
import { findText, requireReplaceable, writeProjectFiles } from './project-files.ts'
import { SetupAccount } from './setup-account.ts'
import { SetupRepository } from './setup-repository.ts'

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
  let last: string | undefined
  const before = (what: string): void => {
    if (interrupts.asked.aborted) throw new NotAnswered()
    last = what
    terminal.progress(`Making ${what}`)
  }
  try {
    return await setUp(args, { ...surroundings, before })
  } catch (thrown) {
    if (last !== undefined)
      terminal.progress(`Stopped at ${last}. What was made stays; run the command again to go on.`)
    if (thrown instanceof NotAnswered) return exitCodeOfSignal(interrupts.signal ?? 'SIGINT')
    throw thrown
  } finally {
    interrupts.dispose()
  }
}

interface SetUp extends Surroundings {
  readonly before: (what: string) => void
}

async function setUp(args: InitArguments, { terminal, secrets, before }: SetUp): Promise<number> {
  const { env } = process
  const ask =
    process.stdin.isTTY && process.stdout.isTTY ? (await import('./ask.ts')).askInTerminal : undefined
  const place = findRepository(args.repository, { env, readOutput })
  const warning = await useProxyFromEnvironment(env)
  if (warning !== undefined) terminal.warning(warning)
  const environment = (name: string): string | undefined => env[name] || undefined
  const { githubToken } = readGithubTokens({ environment, secrets, readOutput, serverUrl: place.serverUrl })
  requireComplete(args, { ask, githubToken })
  const setupToken = secrets.register(
    env[SETUP_TOKEN] || (await (ask?.secret('Set-up token of Cloudflare') ?? ''))
  )
  const fetchOf = (errorMapper: ErrorMapper): typeof fetch =>
    createApiFetch({
      errorMapper,
      fetch: globalThis.fetch,
      clock: systemClock,
      random: Math.random,
      redact: (text) => secrets.redact(text),
      onRetry: (message) => terminal.progress(message)
    })
  const github = { apiUrl: place.apiUrl, fetch: fetchOf(githubErrorMapper) }
  const repository = new SetupRepository(
    new GitHubClient(githubToken ?? setupToken, github),
    place.repository
  )
  const now = (): number => systemClock.now()
  const seen = new SetupAccount({
    ...{ apiUrl: args.cloudflareApiUrl, fetch: fetchOf(cloudflareErrorMapper) },
    ...{ token: setupToken, secrets, now }
  })
  requireNoOtherFiles(args)
  const facts = await repository.read()
  const choices = await choose(args, { account: seen, ask })
  await requireNotRotated(choices, { repository, overwrite: args.overwrite })
  const account = seen.of(choices.accountId)
  const existing = await account.listNames({ withServiceTokens: choices.kinds.includes('access') })
  for (const line of describePlan(choices, { ...facts, repository: place.repository, existing }))
    terminal.result(line)
  if (args.dryRun) {
    terminal.progress('Nothing was written, since this is a dry run.')
    return EXIT.done
  }
  if (ask !== undefined && !args.yes && !(await ask.confirm('Make all of this?'))) throw new NotAnswered()
  const access = await findAccess({
    ...{ args, env, ask, facts, secrets, repository: place.repository },
    show: (text) => terminal.result(text),
    appOf: (key) => new GithubApp(key, { ...github, now, secrets, repository: place.repository })
  })
  const made = await makeEverything({
    ...{ choices, account, repository, facts, access, before },
    name: place.repository,
    warn: (message) => terminal.warning(message)
  })
  const files = writeFilesFor(choices, { repository: place.repository, access: access.kind, ids: made.ids })
  if (!args.overwrite) requireReplaceable(process.cwd(), files)
  before(PATHS.join(' and '))
  writeProjectFiles(process.cwd(), files)
  before('the check')
  return await checkSetUp({
    terminal,
    secrets,
    place,
    values: made.values,
    tokens: { githubToken, githubSecretsToken: access.token },
    cloudflareApiUrl: args.cloudflareApiUrl
  })
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

/** A file with other contents is found before anything is made, as far as that can be told without the ids. */
function requireNoOtherFiles({ overwrite }: InitArguments): void {
  if (overwrite) return
  const foreign = PATHS.filter((path) => {
    const text = findText(path)
    return (
      text !== undefined &&
      !/^(version: 1\naccount-id: |name: Rotate credentials\non:\n {2}schedule: \[\{ cron: '17 5)/.test(text)
    )
  })
  if (foreign.length === 0) return
  throw new RotationError('bad-input', `${foreign.join(' and ')} exist already. Nothing was changed.`, {
    hint: 'Move them away, or replace them with --overwrite.'
  })
}

/** After a rotation the slots hold what no set-up may replace. */
async function requireNotRotated(
  choices: Parameters<typeof makeBlueprint>[0],
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
