import type { DestinationConfiguration } from '../kernel/kinds.ts'
import type { Configuration } from './configuration.ts'
import { kindOf, type Kinds } from './kinds.ts'
import type { ConfigurationProblem } from './problems.ts'
import type { Readable } from './readable.ts'
import {
  credentialsOf,
  destinationsOf,
  namesAt,
  rotationsOf,
  slotsOf,
  type PlacedDestination
} from './walk.ts'

/** Finds names that a destination does not allow, names for two values, and variables that are written nowhere. */
export function findNameProblems(
  configuration: Configuration,
  kinds: Kinds
): readonly ConfigurationProblem[] {
  const variablesOf = createVariablesOf(configuration)
  const destinations = destinationsOf(configuration)
  return [
    ...destinations.flatMap((placed) => findForbidden(placed, kinds)),
    ...findRepeated(destinations, kinds, variablesOf),
    ...findUnwritten(configuration)
  ]
}

/** Finds names for variables that the rotation does not have. */
export function findUnknownNames(configuration: Readable): readonly ConfigurationProblem[] {
  const variablesOf = createVariablesOf(configuration)
  return destinationsOf(configuration).flatMap((placed) => findUnknown(placed, variablesOf(placed)))
}

type VariablesOf = (placed: Pick<PlacedDestination, 'rotation'>) => readonly string[]

function createVariablesOf(configuration: Readable): VariablesOf {
  const byRotation = Map.groupBy(credentialsOf(configuration), ({ rotation }) => rotation)
  return ({ rotation }) => [
    ...new Set((byRotation.get(rotation) ?? []).flatMap(slotsOf).map(({ name }) => name))
  ]
}

function findUnknown(
  { destination: { names = {} }, path }: PlacedDestination,
  variables: readonly string[]
): readonly ConfigurationProblem[] {
  return Object.keys(names)
    .filter((name) => !variables.includes(name))
    .map((name) => ({
      path: `${path}.names.${name}`,
      message: `is not a secret name of this rotation's credentials: ${variables.join(', ')}`
    }))
}

function findForbidden(
  { destination, path }: PlacedDestination,
  kinds: Kinds
): readonly ConfigurationProblem[] {
  const kind = kindOf(kinds.destinations, destination)
  return Object.keys(destination.names ?? {}).flatMap((variable) =>
    namesAt(destination, variable).flatMap((name): ConfigurationProblem[] => {
      const message = kind.findNameProblem(name)
      return message === undefined ? [] : [{ path: `${path}.names.${variable}`, message }]
    })
  )
}

function findRepeated(
  destinations: readonly PlacedDestination[],
  kinds: Kinds,
  variablesOf: VariablesOf
): readonly ConfigurationProblem[] {
  const first = new Map<
    string,
    { readonly at: string; readonly variable: string; readonly rotation: unknown }
  >()
  return destinations.flatMap((placed) => {
    const { destination, path, rotation } = placed
    const kind = kindOf(kinds.destinations, destination)
    const identify = (name: string): string => kind.identifyName?.(name) ?? name
    return kind.places(destination).flatMap((place) =>
      variablesOf(placed).flatMap((variable) =>
        namesAt(destination, variable).flatMap((name): ConfigurationProblem[] => {
          const key = JSON.stringify([kind.type, place.toLowerCase(), identify(name)])
          const at = pathOf(destination, path, variable)
          const earlier = first.get(key)
          if (earlier === undefined) {
            first.set(key, { at, variable, rotation })
            return []
          }
          // A variable that two rotations read is a problem of its own.
          if (earlier.variable === variable && earlier.rotation !== rotation) return []
          return [{ path: at, message: `writes ${name} of ${place}, which ${earlier.at} writes already` }]
        })
      )
    )
  })
}

function pathOf({ names }: DestinationConfiguration, path: string, variable: string): string {
  return names?.[variable] === undefined ? path : `${path}.names.${variable}`
}

/** A new value that is written nowhere would be lost when the run ends. */
function findUnwritten(configuration: Configuration): readonly ConfigurationProblem[] {
  return rotationsOf(configuration).flatMap(({ rotation }) =>
    credentialsOf(configuration, [rotation])
      .flatMap(slotsOf)
      .filter(({ name }) =>
        rotation.destinations.every((destination) => namesAt(destination, name).length === 0)
      )
      .map(({ path, name }) => ({
        path,
        message: `"${name}" is null at every destination: write it to at least one, or its new value would be lost`
      }))
  )
}
