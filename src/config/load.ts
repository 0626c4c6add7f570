import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as v from 'valibot'
import { RotationError } from '../kernel/error.ts'
import type { Configuration } from './configuration.ts'
import { findBadNames, findInconsistencies } from './consistency.ts'
import type { Kinds } from './kinds.ts'
import { badConfiguration, toProblems } from './problems.ts'
import { readNames } from './readable.ts'
import { parseYaml } from './yaml.ts'

/** The largest configuration, in bytes. */
const MAX_BYTES = 256 * 1024

/** Where a configuration comes from. */
export interface ConfigurationSource {
  /** A path, or the YAML itself when it has more than one line. */
  readonly config: string
  /** The directory that a relative path starts from. */
  readonly workspace: string
}

/** The form of a configuration: its kinds, and the schema that was made of them. */
export interface ConfigurationForm {
  readonly kinds: Kinds
  readonly schema: v.GenericSchema<unknown, Configuration>
}

/**
 * Loads, checks and completes the configuration.
 * @throws RotationError `bad-configuration` with every problem at once, each with its path
 */
export async function loadConfiguration(
  source: ConfigurationSource,
  form: ConfigurationForm
): Promise<Configuration> {
  const inline = source.config.includes('\n')
  const label = inline ? 'the configuration given in `config`' : source.config
  const text = inline ? source.config : await readConfiguration(source)
  if (Buffer.byteLength(text) > MAX_BYTES) throw tooLarge(label)
  return parseConfiguration(text, label, form)
}

/** Checks and completes a configuration given as YAML. @throws RotationError `bad-configuration` with every problem */
export function parseConfiguration(
  yaml: string,
  label: string,
  { kinds, schema }: ConfigurationForm
): Configuration {
  const parsed = v.safeParse(schema, parseYaml(yaml, label))
  if (!parsed.success)
    throw badConfiguration(label, [
      ...parsed.issues.flatMap(toProblems),
      ...findBadNames(readNames(parsed.output))
    ])
  const problems = findInconsistencies(parsed.output, kinds)
  if (problems.length > 0) throw badConfiguration(label, problems)
  return parsed.output
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
    throw unreadable(config, REASONS.get(code) ?? `it can't be read (${code})`, thrown)
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a directory']
])

function unreadable(config: string, reason: string, cause?: unknown): RotationError {
  return new RotationError('bad-configuration', `${config}: ${reason}.`, {
    hint: 'Check out the repository before this step, and check the input `config`.',
    cause
  })
}

function tooLarge(label: string): RotationError {
  return new RotationError('bad-configuration', `${label} is larger than ${MAX_BYTES / 1024} KiB.`, {
    hint: 'Split it over several workflows.'
  })
}
