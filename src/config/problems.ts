import type * as v from 'valibot'
import { RotationError } from '../kernel/error.ts'
import { explainRemoved } from './removed.ts'

/** More problems than anyone reads at once. */
const MAX_PROBLEMS = 50

/** One thing that is wrong with the configuration. */
export interface ConfigurationProblem {
  /** Where, e.g. `rotations[1].credentials[0].ttl`; empty for the whole. */
  readonly path: string
  /** The end of a sentence that begins with the path. */
  readonly message: string
}

/** The error that lists every problem. */
export function badConfiguration(label: string, problems: readonly ConfigurationProblem[]): RotationError {
  const shown = problems
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`)
  const more = problems.length > MAX_PROBLEMS ? [`  and ${problems.length - MAX_PROBLEMS} more`] : []
  return new RotationError('bad-configuration', [`${label} can't be used:`, ...shown, ...more].join('\n'), {
    hint: 'Nothing was called and nothing was changed. docs/configuration.md describes every key.'
  })
}

/** Words an issue of the schema library for people. */
export function toProblems(issue: v.BaseIssue<unknown>): readonly ConfigurationProblem[] {
  return explainUnion(issue).map((one) => {
    const path = formatPath(one.path ?? [])
    return { path, message: explainRemoved(path, one.input) ?? explainIssue(one) }
  })
}

function explainIssue({ type, path, expected, received, message }: v.BaseIssue<unknown>): string {
  if (type === 'strict_object') {
    if (expected === 'never') return 'is not a known key'
    return received === 'undefined' && path !== undefined
      ? 'is missing'
      : 'must be a mapping of keys to values'
  }
  return received === 'undefined' ? `is missing: it ${message}` : message
}

/** A union only says that no option fits. A problem of a key that is there, and that one of the options knows, says more. */
function explainUnion(issue: v.BaseIssue<unknown>): readonly v.BaseIssue<unknown>[] {
  const issues = issue.issues ?? []
  // Where the other option is a list, an object can only be meant as the first one.
  const orList = issues.some(({ type, path }) => type === 'array' && path === undefined)
  const inner = issues.filter(({ path = [], type, expected, received }) => {
    if (path.length !== 1) return path.length > 1
    const isUnknown = type === 'strict_object' && expected === 'never'
    return orList || (received !== 'undefined' && !isUnknown)
  })
  if (issue.type !== 'union' || inner.length === 0) return [issue]
  return inner.flatMap((one) => explainUnion({ ...one, path: joinPaths(issue.path, one.path) }))
}

function joinPaths(outer: Path, inner: Path): Path {
  if (outer === undefined || inner === undefined) return outer ?? inner
  return [...outer, ...inner]
}

type Path = v.BaseIssue<unknown>['path']

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
