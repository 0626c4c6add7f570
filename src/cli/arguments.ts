import { parseArgs } from 'node:util'
import { findApiUrlProblem } from '../kernel/safe-url.ts'
import { COMMANDS, meansContain, type Command } from '../session/command.ts'
import { UsageError } from './usage-error.ts'

/** Arguments of a command that runs rotations, as plain data. */
export interface RunArguments {
  readonly command: Command
  /** A path. */
  readonly config: string
  /** Names of rotations; empty for all. */
  readonly only: readonly string[]
  readonly force: boolean
  readonly reason: string
  /** Whether the result is the record as JSON. */
  readonly json: boolean
  /** Undefined for `.env`, which need not exist. */
  readonly envFile: string | undefined
  readonly withoutGithub: boolean
  /** `owner/name`; undefined for the one of git. */
  readonly repository: string | undefined
  /** Name of the file of the workflow whose alert and schedule these are. */
  readonly workflow: string
  /** Without a slash at the end. */
  readonly cloudflareApiUrl: string
}

/** What the command line asks for. */
export type Arguments =
  | { readonly ask: 'help' }
  | { readonly ask: 'version' }
  | { readonly ask: 'init'; readonly rest: readonly string[] }
  | { readonly ask: 'rotations'; readonly run: RunArguments }

const OPTIONS = {
  config: { type: 'string', default: '.github/rotation.yml' },
  only: { type: 'string', multiple: true },
  force: { type: 'boolean', default: false },
  reason: { type: 'string', default: 'by hand' },
  json: { type: 'boolean', default: false },
  'env-file': { type: 'string' },
  without: { type: 'string', multiple: true },
  repository: { type: 'string' },
  workflow: { type: 'string', default: 'rotate.yml' },
  'cloudflare-api-url': { type: 'string', default: 'https://api.cloudflare.com/client/v4' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false }
} as const

/** Parses the command line. @throws UsageError that names everything that is wrong */
export function parseArguments(args: readonly string[]): Arguments {
  if (args[0] === 'init') return { ask: 'init', rest: args.slice(1) }
  const { values, positionals } = parse(args)
  const { only = [], without = [] } = values
  if (values.help || args.length === 0 || positionals[0] === 'help') return { ask: 'help' }
  if (values.version) return { ask: 'version' }
  const command = COMMANDS.find((one) => one === positionals[0])
  const reason = values.reason.replace(/\s+/g, ' ').trim()
  const url = findApiUrlProblem(values['cloudflare-api-url'])
  const problems = [
    ...(command === undefined
      ? [`the command must be one of ${[...COMMANDS, 'init'].join(', ')}, not ${name(positionals[0])}`]
      : []),
    ...positionals.slice(1).map((extra) => `there is one argument too many: ${name(extra)}`),
    ...without
      .filter((what) => what !== 'github')
      .map((what) => `--without: must be github, not ${name(what)}`),
    ...(values.repository === undefined || /^[\w.-]+\/[\w.-]+$/.test(values.repository)
      ? []
      : ['--repository: must be owner/name']),
    ...(/^[\w.-]+\.ya?ml$/.test(values.workflow)
      ? []
      : ['--workflow: must be the name of a file in .github/workflows']),
    ...(url === undefined ? [] : [`--cloudflare-api-url: ${url}`]),
    ...(command !== undefined && meansContain(command, reason)
      ? ['--reason: `exposure` changes nothing about a rotation; use `rotate-action contain`']
      : [])
  ]
  if (command === undefined || problems.length > 0) throw new UsageError(problems)
  const { config, force, json, 'env-file': envFile, repository, workflow } = values
  return {
    ask: 'rotations',
    run: {
      ...{ command, config, force, json, envFile, repository, workflow },
      only: only.flatMap(splitNames),
      reason: reason === '' ? OPTIONS.reason.default : reason,
      withoutGithub: without.length > 0,
      cloudflareApiUrl: values['cloudflare-api-url'].replace(/\/+$/, '')
    }
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true })
  } catch (thrown) {
    // The parser's messages quote the argument, which may be a value that was pasted in the wrong place.
    const [, option] = /'(-{1,2}[A-Za-z][\w-]{0,30})/.exec(String(thrown)) ?? []
    throw new UsageError([
      option === undefined
        ? 'an option cannot be read'
        : `${option}: there is no such option, or its value is missing or not expected`
    ])
  }
}

/** Quotes an argument, unless it is too long for a word. */
function name(text: string | undefined): string {
  if (text === undefined) return 'missing'
  return /^[\w./-]{1,24}$/.test(text) ? `"${text}"` : 'what was given'
}

function splitNames(text: string): readonly string[] {
  return text
    .split(/[,\n]/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
