import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as v from 'valibot'
import { LineCounter, isScalar, parseDocument, visit, type Document } from 'yaml'
import { RotationError } from '../kernel/error.ts'
import { findInconsistencies } from './consistency.ts'
import { configurationSchema, type Configuration } from './schema.ts'

/** The largest configuration, in bytes. */
const MAX_BYTES = 256 * 1024
/** More findings than anyone reads at once. */
const MAX_FINDINGS = 50

/** One thing that is wrong with the configuration. */
export interface Finding {
  /** Where, e.g. `rotations[1].credentials[0].ttl`; empty for the whole. */
  readonly path: string
  readonly message: string
}

/** Where a configuration comes from. */
export interface ConfigurationSource {
  /** A path, or the YAML itself when it has more than one line. */
  readonly config: string
  /** What a relative path is relative to. */
  readonly workspace: string
}

/**
 * Loads, checks and completes the configuration.
 * @throws RotationError `bad-configuration` with every finding at once, each with its path
 */
export async function loadConfiguration(source: ConfigurationSource): Promise<Configuration> {
  const inline = source.config.includes('\n')
  const label = inline ? 'the configuration given in `config`' : source.config
  const text = inline ? source.config : await readConfiguration(source)
  if (Buffer.byteLength(text) > MAX_BYTES) throw tooLarge(label)
  return parseConfiguration(text, label)
}

/** Checks and completes a configuration given as YAML. @throws RotationError `bad-configuration` with every finding */
export function parseConfiguration(yaml: string, label: string): Configuration {
  const parsed = v.safeParse(configurationSchema, parseYaml(yaml, label))
  const findings = parsed.success ? findInconsistencies(parsed.output) : parsed.issues.map(toFinding)
  if (findings.length > 0) throw badConfiguration(label, findings)
  return parsed.output as Configuration
}

/** The error that lists every finding. */
export function badConfiguration(label: string, findings: readonly Finding[]): RotationError {
  const shown = findings
    .slice(0, MAX_FINDINGS)
    .map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`)
  const more = findings.length > MAX_FINDINGS ? [`  and ${findings.length - MAX_FINDINGS} more`] : []
  return new RotationError('bad-configuration', [`${label} can't be used:`, ...shown, ...more].join('\n'), {
    hint: 'Nothing was called and nothing was changed. docs/configuration.md describes every key.'
  })
}

async function readConfiguration({ config, workspace }: ConfigurationSource): Promise<string> {
  const path = resolve(workspace, config)
  try {
    const found = await stat(path)
    if (!found.isFile() && !found.isDirectory()) throw unreadable(config, 'it is not a regular file')
    if (found.size > MAX_BYTES) throw tooLarge(config)
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if (thrown instanceof RotationError) throw thrown
    const code = (thrown as NodeJS.ErrnoException).code ?? 'unknown'
    const reason =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a directory'
          : `it can't be read (${code})`
    throw unreadable(config, reason, thrown)
  }
}

function unreadable(config: string, reason: string, cause?: unknown): RotationError {
  return new RotationError('bad-configuration', `${config}: ${reason}.`, {
    hint: 'Check out the repository before this step, and check the input `config`.',
    cause
  })
}

function parseYaml(yaml: string, label: string): unknown {
  const lines = new LineCounter()
  // What the parser would do for unique keys and for pretty errors takes time that grows with the square of the text: minutes, at the limit.
  const document = parseDocument(yaml, {
    prettyErrors: false,
    uniqueKeys: false,
    lineCounter: lines,
    // With `silent` a second document would be dropped without a word.
    logLevel: 'error'
  })
  const refuse = (problems: readonly Problem[]): void => {
    if (problems.length === 0) return
    throw badConfiguration(
      label,
      problems.map(({ at, message }) => {
        const { line, col } = lines.linePos(at)
        return { path: `line ${line}, column ${col}`, message }
      })
    )
  }
  refuse(
    [...document.errors, ...document.warnings].map(({ code, pos, message }) => ({
      at: pos[0],
      message:
        code === 'MULTIPLE_DOCS'
          ? 'is a second YAML document: a configuration has one; take the line --- out'
          : `not valid YAML: ${message.split('\n')[0]!}`
    }))
  )
  try {
    refuse(findRepeatedKeys(document))
    return document.toJS({ maxAliasCount: 100 }) as unknown
  } catch (thrown) {
    if (thrown instanceof RotationError) throw thrown
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw badConfiguration(label, [{ path: '', message: `not valid YAML: ${reason}` }])
  }
}

/** Something that is wrong with a text, and its offset in it. */
interface Problem {
  readonly at: number
  readonly message: string
}

function findRepeatedKeys(document: Document): readonly Problem[] {
  const problems: Problem[] = []
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value))
          problems.push({ at: key.range?.[0] ?? 0, message: 'not valid YAML: Map keys must be unique' })
        seen.add(key.value)
      }
    }
  })
  return problems
}

function toFinding(issue: v.BaseIssue<unknown>): Finding {
  const path = formatPath(issue.path ?? [])
  if (issue.type === 'strict_object') {
    const key = issue.path?.at(-1)?.key
    return issue.expected === 'never'
      ? { path, message: 'is not a known key' }
      : issue.received === 'undefined' && issue.path !== undefined
        ? { path, message: `is missing (${String(key)})`.replace(` (${String(key)})`, '') }
        : { path, message: 'must be a mapping of keys to values' }
  }
  if (issue.received === 'undefined') return { path, message: `is missing: it ${issue.message}` }
  return { path, message: issue.message }
}

function formatPath(path: readonly { readonly key?: unknown }[]): string {
  return path
    .map(({ key }) =>
      typeof key === 'number'
        ? `[${key}]`
        : /^[A-Za-z_][\w-]*$/.test(String(key))
          ? `.${String(key)}`
          : `[${JSON.stringify(key)}]`
    )
    .join('')
    .replace(/^\./, '')
}

function tooLarge(label: string): RotationError {
  return new RotationError('bad-configuration', `${label} is larger than ${MAX_BYTES / 1024} KiB.`, {
    hint: 'Split it over several workflows.'
  })
}
