import type { Remark } from '../kernel/kinds.ts'
import { variablesOf } from '../kernel/template.ts'
import type { Configuration } from './configuration.ts'
import { findNameProblems, findUnknownNames } from './destination-names.ts'
import { findBadCurrents } from './unknown-current.ts'
import { keyedKindOf, kindOf, storeIdsOf, type Kinds } from './kinds.ts'
import type { ConfigurationProblem } from './problems.ts'
import type { Readable } from './readable.ts'
import { MAX_CREDENTIALS } from './schema.ts'
import {
  allSlots,
  credentialsOf,
  destinationsOf,
  gatesOf,
  hasSecondary,
  rotationsOf,
  type PlacedCredential
} from './walk.ts'

/** Finds parts of a configuration that are right by themselves and do not fit together. */
export function findInconsistencies(
  configuration: Configuration,
  kinds: Kinds
): readonly ConfigurationProblem[] {
  const credentials = credentialsOf(configuration)
  return [
    ...findNothingToDo(configuration),
    ...findBadNames(configuration),
    ...findRepeatedAlerts(configuration),
    ...findRepeatedLabels(configuration, kinds),
    ...findNameProblems(configuration, kinds),
    ...findMissingCoordinator(configuration, kinds),
    ...credentials.flatMap(findMixedSlots),
    ...findBadCurrents(credentials),
    ...credentials.flatMap((placed) => findProblemsOfKind(placed, kinds)),
    ...findBadRevocation(configuration),
    ...credentials.flatMap((placed) => findProblemsOfProbes(placed, kinds)),
    ...findOldValuesInGates(configuration, kinds),
    ...findTooMany(credentials)
  ]
}

/** Finds names and slots that are repeated, and names at destinations that no slot has. */
export function findBadNames(configuration: Readable): readonly ConfigurationProblem[] {
  return [
    ...findRepeatedNames(configuration),
    ...findRepeated(configuration.watch.map(({ name }, i) => ({ name, path: `watch[${i}].name` }))),
    ...findRepeated(allSlots(configuration)),
    ...findUnknownNames(configuration)
  ]
}

/** Two channels that are equal would tell everything twice. */
function findRepeatedAlerts({ alert }: Configuration): readonly ConfigurationProblem[] {
  const all = alert.map((one) => JSON.stringify(one))
  return all.flatMap((one, index) => {
    const earlier = all.indexOf(one)
    return earlier === index ? [] : [{ path: `alert[${index}]`, message: `is the same as alert[${earlier}]` }]
  })
}

function findNothingToDo({ rotations, watch }: Configuration): readonly ConfigurationProblem[] {
  return rotations.length + watch.length > 0
    ? []
    : [{ path: 'rotations', message: 'must hold at least one rotation, unless there is a watch' }]
}

function findRepeatedNames({ rotations }: Readable): readonly ConfigurationProblem[] {
  return [
    ...findRepeated(rotations.map(({ name }, i) => ({ name, path: `rotations[${i}].name` }))),
    ...rotations.flatMap(({ credentials }, i) =>
      findRepeated(
        credentials.map(({ name }, j) => ({ name, path: `rotations[${i}].credentials[${j}].name` }))
      )
    )
  ]
}

function findRepeatedLabels(configuration: Configuration, kinds: Kinds): readonly ConfigurationProblem[] {
  return findRepeated(
    destinationsOf(configuration).flatMap(({ destination, path }) => {
      const name = kindOf(kinds.destinations, destination).label?.(destination)
      return name === undefined ? [] : [{ name, path: `${path}.label` }]
    })
  )
}

function findMissingCoordinator(configuration: Configuration, kinds: Kinds): readonly ConfigurationProblem[] {
  if (configuration.coordinator !== undefined) return []
  return destinationsOf(configuration).flatMap(({ destination, path }) => {
    const key = kindOf(kinds.destinations, destination).needsCoordinator?.(destination)
    return key === undefined
      ? []
      : [{ path: `${path}.${key}`, message: 'needs `coordinator` at the top of the configuration' }]
  })
}

function findMixedSlots({ credential, path }: PlacedCredential): readonly ConfigurationProblem[] {
  const all = Object.values(credential.secrets).every(({ secondary }) => secondary !== undefined)
  if (all || !hasSecondary(credential)) return []
  return [{ path: `${path}.secrets`, message: 'must have a secondary for every field, or for none' }]
}

function findProblemsOfKind(
  { rotation, credential, path }: PlacedCredential,
  { credentials }: Kinds
): readonly ConfigurationProblem[] {
  const problems = kindOf(credentials, credential).findProblems?.(credential, { every: rotation.every })
  return place(problems, path)
}

function findProblemsOfProbes(
  { rotation, credential, path }: PlacedCredential,
  kinds: Kinds
): readonly ConfigurationProblem[] {
  const storeIds = storeIdsOf(kinds, rotation)
  const { form } = kindOf(kinds.credentials, credential)
  return credential.verify.flatMap((probe, index) => {
    const kind = keyedKindOf(kinds.probes, probe)
    const held = Object.entries(credential.secrets).flatMap(([field, { pair }]) => [
      field,
      ...Object.keys(pair?.keys ?? {})
    ])
    const missing = (kind.needs?.[form] ?? []).filter((field) => !held.includes(field))
    const lacking = missing.map((field) => ({
      path: kind.key,
      message: `needs the field ${field} in \`secrets\` of the credential`
    }))
    const problems = kind.findProblems?.(probe, { storeIds }) ?? []
    return place([...lacking, ...problems], `${path}.verify[${index}]`)
  })
}

function findBadRevocation(configuration: Configuration): readonly ConfigurationProblem[] {
  return rotationsOf(configuration)
    .filter(({ rotation }) => rotation.revoke.after === 'verify' && rotation.credentials.some(hasSecondary))
    .map(({ path }) => ({
      path: `${path}.revoke.after`,
      message: 'must not be verify where SECONDARY keeps the previous one as a fallback'
    }))
}

/** The step holds the value that the rotation replaces: a gate that used it would prove nothing. */
function findOldValuesInGates(
  configuration: Configuration,
  { gates }: Kinds
): readonly ConfigurationProblem[] {
  const slots = new Set(allSlots(configuration).map(({ name }) => name))
  return gatesOf(configuration).flatMap(({ gate, path }) =>
    (keyedKindOf(gates, gate).templates?.(gate) ?? []).flatMap((template) =>
      variablesOf(template.text)
        .filter((name) => slots.has(name))
        .map((name) => ({
          path: `${path}.${template.path}`,
          message: `must not use \${${name}}: a gate sees what consumers do with the new value, and the step has the old one`
        }))
    )
  )
}

function findTooMany({ length }: readonly PlacedCredential[]): readonly ConfigurationProblem[] {
  return length > MAX_CREDENTIALS
    ? [{ path: 'rotations', message: `hold ${length} credentials; at most ${MAX_CREDENTIALS} are possible` }]
    : []
}

function findRepeated(
  items: readonly { readonly name: string; readonly path: string }[]
): readonly ConfigurationProblem[] {
  const first = new Map<string, string>()
  return items.flatMap(({ name, path }) => {
    const earlier = first.get(name)
    if (earlier !== undefined) return [{ path, message: `"${name}" is used already by ${earlier}` }]
    first.set(name, path)
    return []
  })
}

function place(remarks: readonly Remark[] | undefined, path: string): readonly ConfigurationProblem[] {
  return (remarks ?? []).map((remark) => ({ ...remark, path: `${path}.${remark.path}` }))
}
