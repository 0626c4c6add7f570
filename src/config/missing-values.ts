import {
  LINE_BREAK,
  SHORTEST_CREDENTIAL,
  describeMissing,
  findBadCharacter,
  isPlaceholder,
  type ReadVariable
} from '../kernel/environment.ts'
import { findUnsafeUrl } from '../kernel/safe-url.ts'
import { findPairProblem, type PairFormat } from '../kernel/pair.ts'
import type { NamedVariable } from '../kernel/kinds.ts'
import type { Configuration, RotationConfiguration } from './configuration.ts'
import type { Kinds } from './kinds.ts'
import { rolesOf, variablesOfKinds } from './parts.ts'
import { findTemplateProblems } from './template-values.ts'
import type { ConfigurationProblem } from './problems.ts'
import { givenSlots } from './walk.ts'

/** The content of a variable: a credential of Cloudflare, or what its kind says. */
type Holds = 'credential' | NamedVariable['holds']

/** A variable that is needed, with the place that needs it. */
interface NeededVariable {
  readonly path: string
  readonly name: string
  readonly holds: Holds
  /** Checked besides. */
  readonly pair?: PairFormat
}

/** A problem of one variable. */
interface VariableProblem extends ConfigurationProblem {
  readonly name: string
}

/**
 * Finds values that the given rotations need and that are not set, and values that cannot be used: each variable once, with the first place that needs it.
 * A missing SECONDARY is not a problem: it is created.
 */
export function findMissingValues(
  configuration: Configuration,
  kinds: Kinds,
  {
    selected,
    valueOf
  }: { readonly selected: readonly RotationConfiguration[]; readonly valueOf: ReadVariable }
): readonly ConfigurationProblem[] {
  const needed: readonly NeededVariable[] = [
    ...neededSlots(configuration, selected, valueOf),
    ...rolesOf(configuration, kinds, selected).flatMap((role) =>
      neededTokens(`auth.${role}`, [configuration.auth[role]].flat(), valueOf)
    ),
    ...variablesOfKinds(configuration, kinds, selected)
  ]
  const problems = needed.flatMap(({ path, name, holds, pair }): VariableProblem[] => {
    const value = valueOf(name) ?? ''
    const message = findProblem(name, value, holds) ?? findProblemOfPair(name, value, pair)
    return message === undefined ? [] : [{ path, name, message }]
  })
  return [...onceEach(problems), ...findTemplateProblems(configuration, kinds, { selected, valueOf })]
}

function neededSlots(
  configuration: Configuration,
  selected: readonly RotationConfiguration[],
  valueOf: ReadVariable
): readonly NeededVariable[] {
  return givenSlots(configuration, selected)
    .filter(({ name, slot }) => slot === 'primary' || !isAbsent(valueOf(name)))
    .map(({ path, name, pair }) =>
      pair === undefined ? { path, name, holds: 'credential' } : { path, name, holds: 'text', pair }
    )
}

/** Of several tokens one is enough; each of those that are given must be usable. */
function neededTokens(
  path: string,
  names: readonly string[],
  valueOf: ReadVariable
): readonly NeededVariable[] {
  const given = names.filter((name) => !isAbsent(valueOf(name)))
  const placeholder = names.find((name) => isPlaceholder(valueOf(name) ?? ''))
  const needed = given.length > 0 ? given : [placeholder ?? names[0]!]
  return needed.map((name) => ({ path, name, holds: 'credential' }))
}

function findProblem(name: string, value: string, holds: Holds): string | undefined {
  if (value === '') return describeMissing(name)
  if (holds === 'text') return undefined
  if (holds === 'credential' && isPlaceholder(value)) {
    const { length } = value.trim()
    return (
      `the environment variable ${name} holds ${length} character${length === 1 ? '' : 's'}, which is a placeholder: ` +
      `no credential of Cloudflare has fewer than ${SHORTEST_CREDENTIAL}`
    )
  }
  if (holds === 'url') {
    const problem = findUnsafeUrl(value.trim())
    return problem === undefined ? undefined : `the environment variable ${name} ${problem}`
  }
  const character = findBadCharacter(value)
  if (character === undefined || (holds === 'line' && character !== LINE_BREAK)) return undefined
  return `the environment variable ${name} has ${character} in it: store the value again as one line, without anything around it`
}

function findProblemOfPair(name: string, value: string, pair: PairFormat | undefined): string | undefined {
  const problem = pair === undefined ? undefined : findPairProblem(value, pair)
  return problem === undefined ? undefined : `the environment variable ${name} ${problem}`
}

function isAbsent(value = ''): boolean {
  return value === '' || isPlaceholder(value)
}

/** Reports a variable that several places need at the first of them. */
function onceEach(problems: readonly VariableProblem[]): readonly ConfigurationProblem[] {
  const first = new Map<string, VariableProblem>()
  for (const problem of problems) if (!first.has(problem.name)) first.set(problem.name, problem)
  return [...first.values()].map(({ name, path, message }) => {
    const others = problems.filter((one) => one.name === name && one.path !== path).map((one) => one.path)
    const also = others.length === 0 ? '' : ` (${[...new Set(others)].join(', ')} needs it too)`
    return { path, message: `${message}${also}` }
  })
}
