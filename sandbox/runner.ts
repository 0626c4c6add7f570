import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'

/** Job of a workflow in which GitHub's runner would start the action. */
export interface Job {
  /** Directory that contains `action.yml` and `dist`. */
  readonly action: string
  readonly inputs?: Readonly<Record<string, string>>
  /** `env` of the step. */
  readonly env?: Readonly<Record<string, string>>
  /** `owner/name` */
  readonly repository: string
  readonly runId: number
  readonly attempt?: number
  readonly githubApiUrl: string
  /** Value of `${{ github.token }}`. */
  readonly githubToken: string
  /** Directory for a relative path in `config`; an empty directory by default. */
  readonly workspace?: string
  /** Variables of the runner that differ from GitHub's, e.g. a file that cannot be written; undefined unsets one. */
  readonly runner?: Readonly<Record<string, string | undefined>>
  /** Called with each process as it starts, e.g. to kill it. */
  readonly onStart?: (child: ChildProcess, phase: 'main' | 'post') => void
}

/** Result of one process of the action. */
export interface StepResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** Both streams as the process wrote them. */
  readonly output: string
  /** Log as people see it: without commands, masked. */
  readonly log: string
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
}

/** Result of a job. */
export interface JobResult {
  readonly main: StepResult
  readonly post: StepResult
  /** Whether the step failed. */
  readonly failed: boolean
}

interface ActionManifest {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  readonly runs: { readonly main: string; readonly post: string }
}

/** Runs `main` and then `post` as the runner does, with the inputs' defaults from `action.yml`. */
export async function runJob(job: Job): Promise<JobResult> {
  const manifest = parse(readFileSync(join(job.action, 'action.yml'), 'utf8')) as ActionManifest
  const directory = mkdtempSync(join(tmpdir(), 'runner-'))
  try {
    const main = await runProcess(job, { manifest, directory, phase: 'main', state: {} })
    const post = await runProcess(job, { manifest, directory, phase: 'post', state: main.state })
    return { main, post, failed: main.exitCode !== 0 || post.exitCode !== 0 }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Phase {
  readonly manifest: ActionManifest
  readonly directory: string
  readonly phase: 'main' | 'post'
  readonly state: Readonly<Record<string, string>>
}

async function runProcess(job: Job, { manifest, directory, phase, state }: Phase): Promise<StepResult> {
  const files = {
    output: join(directory, `${phase}-output`),
    state: join(directory, `${phase}-state`),
    summary: join(directory, `${phase}-summary`)
  }
  for (const file of Object.values(files)) writeFileSync(file, '')
  const env = {
    ...runnerEnvironment(job, directory),
    ...inputEnvironment(job, manifest),
    ...job.env,
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
    GITHUB_OUTPUT: files.output,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
    ...job.runner
  }
  const child = spawn(process.execPath, [join(job.action, manifest.runs[phase])], {
    env,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const chunks: string[] = []
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  job.onStart?.(child, phase)
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, by) => resolve([code, by]))
  })
  const output = chunks.join('')
  return {
    exitCode,
    signal,
    output,
    log: renderLog(output),
    outputs: parseFileCommands(readFileSync(files.output, 'utf8')),
    state: { ...parseStateCommands(output), ...parseFileCommands(readFileSync(files.state, 'utf8')) },
    summary: readFileSync(files.summary, 'utf8')
  }
}

function runnerEnvironment(job: Job, directory: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: job.repository,
    GITHUB_RUN_ID: String(job.runId),
    GITHUB_RUN_ATTEMPT: String(job.attempt ?? 1),
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: job.githubApiUrl,
    GITHUB_WORKFLOW: 'Rotate',
    GITHUB_WORKFLOW_REF: `${job.repository}/.github/workflows/rotate.yml@refs/heads/main`,
    GITHUB_EVENT_NAME: 'schedule',
    GITHUB_ACTOR: 'octocat',
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_WORKSPACE: job.workspace ?? directory,
    RUNNER_TEMP: directory
  }
}

function inputEnvironment(
  { inputs = {}, githubToken }: Job,
  { inputs: declared }: ActionManifest
): Record<string, string> {
  const unknown = Object.keys(inputs).filter((name) => !(name in declared))
  if (unknown.length > 0) throw new TypeError(`action.yml has no input ${unknown.join(', ')}`)
  return Object.fromEntries(
    Object.entries(declared).map(([name, { default: fallback = '' }]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      inputs[name] ?? fallback.replace('${{ github.token }}', githubToken)
    ])
  )
}

/** Reads the older commands that save state, which the runner takes from the log. */
function parseStateCommands(output: string): Record<string, string> {
  const commands = output.matchAll(/^::save-state name=([^:,]+)::(.*)$/gm)
  return Object.fromEntries([...commands].map(([, name, value]) => [name!, unescapeCommand(value!)]))
}

/** Reads the file commands of the runner: `name<<delimiter`, the value's lines, the delimiter. */
function parseFileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const match = /^([^=<]+)<<(.+)$/.exec(lines[index]!)
    if (match === null) continue
    const end = lines.indexOf(match[2]!, index + 1)
    values[match[1]!] = lines.slice(index + 1, end).join('\n')
    index = end
  }
  return values
}

/** Formats the log as people see it. Like the runner, applies a mask from the line that sets it on. */
function renderLog(output: string): string {
  const masks: string[] = []
  return output
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('::save-state ')) return []
      const mask = /^::add-mask::(.*)$/.exec(line)
      if (mask !== null) {
        const value = unescapeCommand(mask[1]!)
        masks.push(value, ...value.split('\n').filter((part) => part !== ''))
        return []
      }
      const command = /^::(error|warning|notice|debug|group|endgroup)[^:]*::(.*)$/.exec(line)
      const text =
        command === null
          ? line
          : command[1] === 'debug' || command[1] === 'endgroup'
            ? undefined
            : `${command[1]}: ${unescapeCommand(command[2]!)}`
      return text === undefined ? [] : [masks.reduce((clean, value) => clean.replaceAll(value, '***'), text)]
    })
    .join('\n')
}

function unescapeCommand(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
