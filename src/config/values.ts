import { isPlaceholder, type ReadVariable } from '../kernel/environment.ts'
import type { Template } from '../kernel/kinds.ts'
import { readPair } from '../kernel/pair.ts'
import { Secret, type SecretRegistry } from '../kernel/secret.ts'
import { variablesOf } from '../kernel/template.ts'
import type { Configuration } from './configuration.ts'
import { kindOf, type Kinds } from './kinds.ts'
import { textsOf, variablesOfKinds } from './parts.ts'
import { credentialsOf, givenSlots, slotsOf } from './walk.ts'

/** Reads every value that a configuration names, and masks what is secret. A variable that is not set, empty or a placeholder is left out. */
export function readValues(
  configuration: Configuration,
  kinds: Kinds,
  { valueOf, secrets }: { readonly valueOf: ReadVariable; readonly secrets: SecretRegistry }
): ReadonlyMap<string, Secret> {
  const secretNames = secretVariables(configuration, kinds)
  const others = variablesOfKinds(configuration, kinds).map(({ name }) => name)
  const open = publicVariables(configuration, kinds)
  const pairs = secretsInPairs(configuration, kinds)
  const placeholders = findPlaceholders(configuration, valueOf)
  return new Map(
    [...new Set([...secretNames, ...others])].flatMap((name) => {
      const value = valueOf(name) ?? ''
      if (value === '' || placeholders.has(name)) return []
      const pair = pairs.get(name)
      if (pair !== undefined) {
        for (const text of pair(value)) secrets.register(text)
        return [[name, new Secret(value)] as const]
      }
      const masked = secretNames.has(name) && !open.has(name)
      return [[name, masked ? secrets.register(value) : new Secret(value)] as const]
    })
  )
}

/** Every variable that a configuration reads. */
export function variablesOfConfiguration(configuration: Configuration, kinds: Kinds): ReadonlySet<string> {
  return new Set([
    ...givenSlots(configuration).map(({ name }) => name),
    ...Object.values(configuration.auth).flat(),
    ...variablesOfKinds(configuration, kinds).map(({ name }) => name),
    ...[configuration.heartbeat ?? []].flat(),
    ...watchedTokens(configuration),
    ...coordinatorTokens(configuration),
    ...textsOf(configuration, kinds).flatMap(({ templates }) =>
      templates.flatMap(({ text }) => variablesOf(text))
    )
  ])
}

/** The variables of slots and of `auth` that hold something too short for a credential, such as the well-known dummy `1`. */
export function findPlaceholders(configuration: Configuration, valueOf: ReadVariable): ReadonlySet<string> {
  const names = [
    ...givenSlots(configuration).map(({ name }) => name),
    ...Object.values(configuration.auth).flat(),
    ...watchedTokens(configuration)
  ]
  return new Set(names.filter((name) => isPlaceholder(valueOf(name) ?? '')))
}

/** The variables of slots, of `auth`, and of what kinds name as secret; those of a URL are not taken for secrets. */
function secretVariables(configuration: Configuration, kinds: Kinds): ReadonlySet<string> {
  const templates = textsOf(configuration, kinds).flatMap((placed) => placed.templates)
  const namedBy = (use: Template['use']): readonly string[] =>
    templates.filter((template) => template.use === use).flatMap(({ text }) => variablesOf(text))
  const inUrls = new Set(namedBy('url'))
  const variables = variablesOfKinds(configuration, kinds).filter(({ secret }) => secret)
  return new Set([
    ...givenSlots(configuration).map(({ name }) => name),
    ...Object.values(configuration.auth).flat(),
    ...namedBy('secret'),
    ...namedBy('env').filter((name) => !inUrls.has(name)),
    ...variables.map(({ name }) => name),
    ...[configuration.heartbeat ?? []].flat(),
    ...watchedTokens(configuration),
    ...coordinatorTokens(configuration)
  ])
}

/** The variables of public fields, such as a client id: they are neither masked nor kept out of the record, whatever else names them. */
function publicVariables(configuration: Configuration, kinds: Kinds): ReadonlySet<string> {
  return new Set(
    credentialsOf(configuration).flatMap((placed) => {
      const { publicFields = [] } = kindOf(kinds.credentials, placed.credential)
      return slotsOf(placed)
        .filter(({ field }) => publicFields.includes(field))
        .map(({ name }) => name)
    })
  )
}

/** By variable: what is secret in its pair. A text that is not a pair is secret as a whole. */
function secretsInPairs(
  configuration: Configuration,
  kinds: Kinds
): ReadonlyMap<string, (value: string) => readonly string[]> {
  return new Map(
    credentialsOf(configuration).flatMap((placed) => {
      const { publicFields = [] } = kindOf(kinds.credentials, placed.credential)
      return slotsOf(placed).flatMap(({ name, pair }) => {
        if (pair === undefined) return []
        const read = (value: string): readonly string[] => {
          const texts = readPair(value, pair)
          if (texts === undefined) return [value]
          return Object.entries(texts).flatMap(([field, text]) =>
            publicFields.includes(field) ? [] : [text]
          )
        }
        return [[name, read] as const]
      })
    })
  )
}

function watchedTokens({ watch }: Configuration): readonly string[] {
  return watch.flatMap((one) => ('token' in one ? [one.token] : []))
}

function coordinatorTokens({ coordinator }: Configuration): readonly string[] {
  return coordinator === undefined ? [] : [coordinator.token, coordinator['slots-token'] ?? []].flat()
}
