import type { Configuration, RotationConfiguration } from '../config/configuration.ts'
import type { findNeedOfGithub as findNeed } from '../compose/without-github.ts'
import type { ConfigurationSource } from '../config/load.ts'
import { findPlaceholders } from '../config/values.ts'
import type { ReadVariable } from '../kernel/environment.ts'
import type { Reporter } from '../rotation/model/ports.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import { pickRotations, requireRotation } from './selection.ts'
import type { SessionRequest, SessionResult } from './session.ts'

/** A run from the place of its configuration; the rest of its {@link SessionRequest} follows from that. */
export interface Launch
  extends
    ConfigurationSource,
    Omit<
      SessionRequest,
      | 'configuration'
      | 'values'
      | 'placeholders'
      | 'environment'
      | 'selected'
      | 'reclaim'
      | 'contain'
      | 'warnings'
      | 'reporter'
      | 'run'
      | 'facts'
    > {
  readonly run: RunDescription
  readonly reason: string
  /** Names of rotations whose lock an earlier process left behind. */
  readonly reclaim?: readonly string[]
  /** Selects the rotations. */
  readonly select: (
    configuration: Configuration,
    findNeedOfGithub: FindNeedOfGithub
  ) => readonly RotationConfiguration[]
  /** Makes the environment that the values are read from. */
  readonly environmentFor: (configuration: Configuration, variables: ReadonlySet<string>) => ReadVariable
  /** Makes the reporter. @param warnings takes the warnings, for the record */
  readonly reporterFor: (warnings: string[]) => Reporter
  /** Finds warnings that have nothing to do with the configuration. */
  readonly findWarnings: () => Promise<readonly string[]>
  /** Prints a warning that came up before the run began. */
  readonly onWarning: (message: string) => void
}

/** Finds the reason for which a command cannot run a rotation without GitHub. */
export type FindNeedOfGithub = typeof findNeed

/** What a run is called, and who started it. */
export interface RunDescription {
  readonly runId: string
  readonly attempt: number
  /** `owner/name` */
  readonly repository: string
  readonly runUrl: string
  /** `owner/name/.github/workflows/file.yml`, without the ref, which differs between runs. */
  readonly workflow: string
  readonly event: string
  readonly actor: string
  readonly triggeringActor: string
  /** `owner/name` of the action, and its branch, tag or commit; empty for an action of the repository itself. */
  readonly actionRepository?: string
  readonly actionRef?: string
}

/** What a launched run came to. */
export interface Launched extends SessionResult {
  readonly selected: readonly RotationConfiguration[]
}

/** The longest `reason` that is kept. */
const MAX_REASON = 500

/**
 * Loads the configuration, reads the values that it names, and runs the session. The drivers come with the configuration: an input that is wrong is
 * reported without loading them.
 * @throws RotationError before anything is called
 */
export async function launch({
  config,
  workspace,
  select,
  environmentFor,
  reporterFor,
  findWarnings: findOthers,
  onWarning,
  ...request
}: Launch): Promise<Launched> {
  const { findNeedOfGithub, findWarnings, loadConfiguration, readValues, variablesOf } =
    await import('../compose/configuration.ts')
  const configuration = await loadConfiguration({ config, workspace })
  requireRotation(configuration, request.command)
  const selected = select(configuration, findNeedOfGithub)
  const environment = environmentFor(configuration, variablesOf(configuration))
  const { secrets, run, command, reason, reclaim = [] } = request
  const values = readValues(configuration, environment, secrets)
  const placeholders = findPlaceholders(configuration, environment)
  const warnings = [...findWarnings(configuration, run), ...(await findOthers())]
  for (const warning of warnings) onWarning(warning)
  const { runSession } = await import('./session.ts')
  const result = await runSession({
    ...request,
    ...{ configuration, values, placeholders, environment, selected, warnings },
    contain: command === 'contain',
    reclaim: pickRotations(configuration, reclaim),
    facts: describeRun(run, secrets.redact(reason).slice(0, MAX_REASON)),
    reporter: reporterFor(warnings)
  })
  return { ...result, selected }
}

function describeRun(run: RunDescription, reason: string): RunRecord['run'] {
  const { runId: id, attempt, runUrl: url, repository, workflow, event, actor, triggeringActor } = run
  return { id, attempt, url, repository, workflow, event, actor, triggeringActor, reason }
}
