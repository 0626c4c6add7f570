import { findMissingValues, needsGithubSecretsToken } from '../compose/configuration.ts'
import type { RotationConfiguration } from '../config/configuration.ts'
import type { ConfigurationProblem } from '../config/problems.ts'
import { RotationError } from '../kernel/error.ts'
import type { FindingRecord } from '../rotation/record/schema.ts'
import type { SessionRequest } from './session.ts'

/** Input without which no GitHub secret can be written. */
const SECRETS_TOKEN = 'github-secrets-token'

/** Finds all values that are missing in the environment or cannot be used, before anything is called. */
export function findMissing({
  environment,
  configuration,
  selected,
  values,
  githubSecretsToken,
  withoutGithub
}: SessionRequest): readonly ConfigurationProblem[] {
  const missing = findMissingValues(
    configuration,
    selected,
    (name) => values.get(name)?.reveal() ?? environment(name)
  )
  const token =
    needsGithubSecretsToken(selected) && withoutGithub !== true && githubSecretsToken === undefined
      ? [
          {
            path: SECRETS_TOKEN,
            message:
              'is not set or empty: the step that creates the token failed or returned nothing, and GITHUB_TOKEN can never write secrets'
          }
        ]
      : []
  return [...missing, ...token]
}

/** Makes the error that lists everything that is missing. */
export function missingValues(missing: readonly ConfigurationProblem[]): RotationError {
  const lines = missing.map(({ path, message }) => `${path}: ${message}`)
  const hints = [...new Set(missing.map(({ path }) => actionFor(path)))]
  return new RotationError(
    'missing-value',
    lines.length === 1
      ? lines.join()
      : ['The run lacks these values:', ...lines.map((line) => `  ${line}`)].join('\n'),
    { hint: `Nothing was called and nothing was changed. ${hints.join(' ')}` }
  )
}

/** Describes what is missing as findings of a check. */
export function describeMissing(missing: readonly ConfigurationProblem[]): readonly FindingRecord[] {
  return missing.map(({ path, message }) => ({
    rotation: null,
    kind: 'missing-value',
    severity: 'error',
    on: path,
    message: `${path}: ${message}`,
    action: actionFor(path)
  }))
}

function actionFor(path: string): string {
  return path === SECRETS_TOKEN
    ? 'Give the step the token of a GitHub App or a fine-grained personal access token; if an earlier step creates the token, see why it failed.'
    : 'Store the value as a secret of the environment, and give it to the step.'
}

/** Whether a rotation lacks a value: one of its own, or one that all rotations need. */
export function lacksValues(
  { configuration }: SessionRequest,
  missing: readonly ConfigurationProblem[],
  rotation: RotationConfiguration
): boolean {
  const own = `rotations[${configuration.rotations.indexOf(rotation)}]`
  return missing.some(({ path }) => path.startsWith(`${own}.`) || !path.startsWith('rotations['))
}
