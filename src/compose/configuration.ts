/** The configuration of this action: `src/config` with every registered kind. */
import type { Configuration, RotationConfiguration } from '../config/configuration.ts'
import * as load from '../config/load.ts'
import { findMissingValues as findMissing } from '../config/missing-values.ts'
import * as parts from '../config/parts.ts'
import type { ConfigurationProblem } from '../config/problems.ts'
import { createConfigurationSchema } from '../config/schema.ts'
import * as values from '../config/values.ts'
import * as warnings from '../config/warnings.ts'
import type { ReadVariable } from '../kernel/environment.ts'
import type { Secret, SecretRegistry } from '../kernel/secret.ts'
import { kinds } from './kinds.ts'

export { findNeedOfGithub } from './without-github.ts'

/** The schema of `.github/rotation.yml`. */
export const configurationSchema = createConfigurationSchema(kinds)
const form = { kinds, schema: configurationSchema }

/** Loads, checks and completes the configuration. @throws RotationError `bad-configuration` with every problem at once, each with its path */
export async function loadConfiguration(source: load.ConfigurationSource): Promise<Configuration> {
  return await load.loadConfiguration(source, form)
}

/** Checks and completes a configuration given as YAML. @throws RotationError `bad-configuration` with every problem */
export function parseConfiguration(yaml: string, label: string): Configuration {
  return load.parseConfiguration(yaml, label, form)
}

/** Finds settings that are allowed but likely to fail, each as a sentence that says where and why. */
export function findWarnings(
  configuration: Configuration,
  run: warnings.RunOfConfiguration
): readonly string[] {
  return warnings.findWarnings(configuration, kinds, run)
}

/** Reads every value that a configuration names, and masks what is secret. */
export function readValues(
  configuration: Configuration,
  valueOf: ReadVariable,
  secrets: SecretRegistry
): ReadonlyMap<string, Secret> {
  return values.readValues(configuration, kinds, { valueOf, secrets })
}

/** Every variable that a configuration reads. */
export function variablesOf(configuration: Configuration): ReadonlySet<string> {
  return values.variablesOfConfiguration(configuration, kinds)
}

/** Finds values that the given rotations need and that are not set, and values that cannot be used. */
export function findMissingValues(
  configuration: Configuration,
  selected: readonly RotationConfiguration[],
  valueOf: ReadVariable
): readonly ConfigurationProblem[] {
  return findMissing(configuration, kinds, { selected, valueOf })
}

/** Tells whether any of the rotations is written with the input `github-secrets-token`. */
export function needsGithubSecretsToken(selected: readonly RotationConfiguration[]): boolean {
  return parts.needsGithubSecretsToken(kinds, selected)
}
