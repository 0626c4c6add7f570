import { randomUUID } from 'node:crypto'
import type { Secret } from '../../kernel/secret.ts'
import { createRunCommand } from '../../process/run-command.ts'
import { systemClock } from '../../process/system-clock.ts'
import { launch } from '../../session/launch.ts'
import { EXIT, exitCodeOf } from '../exit-code.ts'
import type { GithubTokens } from '../github-tokens.ts'
import { createReporter } from '../reporter.ts'
import type { RepositoryPlace } from '../repository.ts'
import { printResult } from '../result.ts'
import { describeRun } from '../run-identity.ts'
import type { Surroundings } from '../run-rotations.ts'
import { PATHS } from './files.ts'

/** What {@link checkSetUp} checks, and with what. */
export interface SetUpCheck extends Surroundings {
  readonly place: RepositoryPlace
  /** Values of the secrets, by variable. */
  readonly values: ReadonlyMap<string, Secret>
  readonly tokens: GithubTokens
  readonly cloudflareApiUrl: string
}

/** Checks what was set up, with the values that were made. @returns the exit code */
export async function checkSetUp({
  terminal,
  secrets,
  place,
  values,
  tokens,
  cloudflareApiUrl
}: SetUpCheck): Promise<number> {
  const { record } = await launch({
    ...tokens,
    ...{ secrets, cloudflareApiUrl, githubApiUrl: place.apiUrl },
    ...{ config: PATHS[0], workspace: process.cwd(), command: 'check', force: false, reason: 'set-up' },
    nonce: randomUUID(),
    run: describeRun(place, { workflow: PATHS[1].split('/').at(-1) ?? '', env: process.env }),
    select: ({ rotations }) => rotations,
    environmentFor: () => (name) => values.get(name)?.reveal(),
    valuesWrittenAt: () => systemClock.now(),
    findWarnings: () => Promise.resolve([]),
    onWarning: (message) => terminal.warning(message),
    reporterFor: (list) => createReporter({ terminal, secrets }, list),
    runState: { beforeLock: () => undefined, beforeWrite: () => undefined },
    fetch: globalThis.fetch,
    runCommand: createRunCommand(process.env),
    clock: systemClock,
    random: Math.random,
    cancelled: new AbortController().signal,
    forced: new AbortController().signal
  })
  printResult(terminal, record)
  const code = exitCodeOf(record, undefined)
  if (code === EXIT.done)
    terminal.result(
      `Commit ${PATHS.join(' and ')}, push, and start the workflow with \`gh workflow run rotate.yml\`. Then revoke the set-up token.`
    )
  return code === EXIT.done ? code : EXIT.failed
}
