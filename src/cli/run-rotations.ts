import { randomUUID } from 'node:crypto'
import type { SecretRegistry } from '../kernel/secret.ts'
import { useProxyFromEnvironment } from '../process/proxy.ts'
import { createRunCommand } from '../process/run-command.ts'
import { systemClock } from '../process/system-clock.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import { launch, type Launched } from '../session/launch.ts'
import { raiseAlert } from '../session/raise-alert.ts'
import type { RunArguments } from './arguments.ts'
import { readEnvFile } from './env-file.ts'
import { GivenValues } from './given-values.ts'
import { exitCodeOf, exitCodeOfSignal, isUsage } from './exit-code.ts'
import { readGithubTokens } from './github-tokens.ts'
import { listenForInterrupts, type Interrupts } from './interrupts.ts'
import { readOutput } from './read-output.ts'
import { findRepository } from './repository.ts'
import { printFailure, printResult } from './result.ts'
import { describeRun } from './run-identity.ts'
import { RunNotes } from './run-notes.ts'
import type { Terminal } from './terminal.ts'
import { forShell } from './wording.ts'
import { createReporter } from './reporter.ts'
import { selectFor } from './select-for.ts'

/** Where a command writes, and the secrets that it must not write. */
export interface Surroundings {
  readonly terminal: Terminal
  readonly secrets: SecretRegistry
}

/** Runs rotations as the action does, and prints what became of them. @returns the exit code */
export async function runRotations(args: RunArguments, { terminal, secrets }: Surroundings): Promise<number> {
  const notes = new RunNotes()
  const interrupts = listenForInterrupts(process, {
    monotonic: () => systemClock.monotonic(),
    onFirst: (signal) =>
      terminal.warning(
        `${signal}: stopping; the run ends what it has begun, or undoes it. Press Ctrl-C again to end at once.`
      ),
    onAgain: (signal) => {
      terminal.error(notes.describe())
      process.exit(exitCodeOfSignal(signal))
    }
  })
  try {
    const file = readEnvFile(args.envFile, process.cwd())
    if (file?.isOpen === true)
      terminal.warning(`${file.path} is readable by other users: \`chmod 600 ${file.path}\`.`)
    const given = new GivenValues({ env: process.env, file, startedAt: systemClock.now() })
    const { record, alert, ended } = await start(args, { terminal, secrets, given, notes, interrupts })
    if (args.json) {
      terminal.result(JSON.stringify(record, undefined, 2))
      printFailure(terminal, record)
    } else printResult(terminal, record)
    // A person at a terminal sees what is wrong with the command.
    if (!isUsage(record.error?.code)) await report(record, { alert, ended, terminal })
    if (record.rotations.some(({ outcome }) => outcome === 'rotated'))
      terminal.progress(given.describeOutdated())
    return exitCodeOf(record, interrupts.signal)
  } finally {
    interrupts.dispose()
  }
}

async function report(
  record: RunRecord,
  { alert, ended, terminal }: Pick<Launched, 'alert' | 'ended'> & Pick<Surroundings, 'terminal'>
): Promise<void> {
  const raised = await raiseAlert(record, alert)
  if (raised.problem !== undefined) terminal.warning(forShell(raised.problem))
  if (raised.text !== undefined) terminal.progress(raised.text)
  await ended(record)
}

interface Start extends Surroundings {
  readonly given: GivenValues
  readonly notes: RunNotes
  readonly interrupts: Interrupts
}

async function start(args: RunArguments, of: Start): Promise<Launched> {
  const { terminal, secrets, given, notes, interrupts } = of
  const { env } = process
  const { environment } = given
  const place = findRepository(args.repository, { env, readOutput })
  const { withoutGithub, command, only } = args
  const tokens = withoutGithub
    ? { githubToken: undefined, githubSecretsToken: undefined }
    : readGithubTokens({ environment, secrets, readOutput, serverUrl: place.serverUrl })
  const warnings = (message: string): void => terminal.warning(forShell(message))
  return await launch({
    ...tokens,
    ...{ command, withoutGithub, secrets },
    ...{ config: args.config, reason: args.reason, force: args.force },
    cloudflareApiUrl: args.cloudflareApiUrl,
    githubApiUrl: place.apiUrl,
    workspace: process.cwd(),
    nonce: randomUUID(),
    run: describeRun(place, { workflow: args.workflow, env }),
    select: (configuration, findNeedOfGithub) =>
      selectFor(configuration, { findNeedOfGithub, only, withoutGithub, command, onLeftOut: warnings }),
    environmentFor: (configuration) => given.forSlotsOf(configuration),
    valuesWrittenAt: () => given.writtenAt,
    findWarnings: async () => [await useProxyFromEnvironment(env)].flatMap((one) => one ?? []),
    onWarning: warnings,
    reporterFor: (list) => createReporter({ terminal, secrets }, list),
    runState: notes,
    fetch: globalThis.fetch,
    runCommand: createRunCommand(env),
    clock: systemClock,
    random: Math.random,
    cancelled: interrupts.asked,
    // A person waits for the undo, however long it takes, or ends the process.
    forced: new AbortController().signal
  })
}
