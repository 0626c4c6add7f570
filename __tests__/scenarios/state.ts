import { expect } from '@jest/globals'
import { sortRules, type RuleSet } from '../../sandbox/cloudflare/access-rules.ts'
import type { ServiceToken } from '../../sandbox/cloudflare/service-tokens.ts'
import {
  classifyValues,
  existingObjects,
  type AccountObject,
  type SlotTruth
} from '../../simulation/credentials.ts'
import { namesAt } from '../../src/config/walk.ts'
import { placesAt, type HeldSecrets } from '../../simulation/destinations.ts'
import { classifySlot, holdingsOf } from '../../simulation/slots.ts'
import { readConfiguration, type World } from '../../simulation/world.ts'

/** A world with the configuration of its runs. */
export interface Configured extends World {
  readonly configuration: string
}

/** Secrets of the pair of account tokens, without the prefix of the slot. */
export const CREDENTIALS = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN'] as const

/** A destination as its consumers see it now. */
export interface DestinationView {
  readonly label: string
  /** Names of the secrets that its slots use, sorted. */
  readonly names: readonly string[]
  readonly values: HeldSecrets
}

/** A slot of a credential at a destination, with its actual state. */
export interface SlotView extends SlotTruth {
  readonly label: string
  /** The credential at the destination. */
  readonly holding: string
  /** Whether a destination holds any part of it. */
  readonly isFilled: boolean
}

/** A client id and a client secret. */
export interface Pair {
  readonly clientId: string
  readonly clientSecret: string
}

/** What an undo must restore: slots, rules and the objects that are valid. */
export interface Snapshot {
  readonly rules: string
  readonly slots: readonly HeldSecrets[]
  readonly alive: readonly AccountObject[]
}

/** Lists the destinations of a scenario, rotation by rotation. */
export function destinationsOf(world: Configured): readonly (readonly DestinationView[])[] {
  return readConfiguration(world.configuration).rotations.map(({ name, credentials, destinations }) => {
    const names = credentials
      .flatMap(({ secrets }) => Object.values(secrets))
      .flatMap(({ primary, secondary }) => (secondary === undefined ? [primary] : [primary, secondary]))
    return destinations.flatMap((destination, index) =>
      placesAt(world, destination).map(({ label, read }) => ({
        label: `${name}: ${label} ${index}`,
        names: names.flatMap((variable) => namesAt(destination, variable)).sort(),
        values: read()
      }))
    )
  })
}

/** Lists the names of the secrets that no slot uses, by the label of the destination. */
export function otherNames(world: Configured): ReadonlyMap<string, readonly string[]> {
  return new Map(
    destinationsOf(world)
      .flat()
      .map(({ label, names, values }) => [
        label,
        Object.keys(values)
          .filter((name) => !names.includes(name))
          .sort()
      ])
  )
}

/** Names of the secrets in PRIMARY. */
export function primaryNames({ configuration }: Configured): readonly string[] {
  return readConfiguration(configuration).rotations.flatMap(({ credentials }) =>
    credentials.flatMap(({ secrets }) => Object.values(secrets).map(({ primary }) => primary))
  )
}

/** Returns what each destination holds now. */
export function slotsNow(world: Configured): readonly HeldSecrets[] {
  return destinationsOf(world)
    .flat()
    .map(({ values }) => ({ ...values }))
}

/** Returns the actual state of every slot of every credential at every destination. */
export function slotStates(world: Configured): readonly SlotView[] {
  return holdingsOf(world, readConfiguration(world.configuration)).flatMap((holding) =>
    holding.slots().map((held) => ({
      ...classifySlot(world, holding.type, held),
      label: `${held.slot} of ${holding.label}`,
      holding: `${holding.rotation}: ${holding.label}`,
      isFilled: Object.values(held.values).some((value) => value !== undefined)
    }))
  )
}

/** Lists the objects of the scenario's kinds of credential that are not deleted. */
export function aliveObjects(world: Configured): readonly AccountObject[] {
  const { rotations } = readConfiguration(world.configuration)
  return existingObjects(
    world,
    rotations.flatMap(({ credentials }) => credentials.map(({ type }) => type))
  )
}

/** Records what an undo must restore. */
export function snapshot(world: Configured): Snapshot {
  return { rules: rulesNow(world), slots: slotsNow(world), alive: aliveObjects(world) }
}

/** Managed account tokens that are not deleted. */
export function managedTokens({ sandbox }: World) {
  return sandbox.cloudflare.tokens.existing.filter(({ name }) => name.startsWith('rotate/'))
}

/** Service tokens that are not deleted. */
export function aliveTokens({ sandbox }: World): readonly ServiceToken[] {
  return sandbox.cloudflare.access.serviceTokens.existing
}

/** The writable body of every rule set, to the byte, with the rules of each list in one order. */
export function rulesNow({ sandbox }: World): string {
  return JSON.stringify(sandbox.cloudflare.access.ruleBodies)
}

/** Rule sets in which ids were exchanged by hand, with the rules of each list in one order again. */
export function rulesInOrder(text: string): string {
  const sets = JSON.parse(text) as Record<string, RuleSet>
  return JSON.stringify(Object.fromEntries(Object.entries(sets).map(([id, set]) => [id, sortRules(set)])))
}

/** The Access pairs that the destinations hold now. */
export function pairsOf(world: Configured): readonly (Pair & { readonly slot: string })[] {
  return holdingsOf(world, readConfiguration(world.configuration)).flatMap((holding) =>
    holding
      .slots()
      .flatMap(({ slot, values: { 'client-id': clientId, 'client-secret': clientSecret } }) =>
        clientId === undefined || clientSecret === undefined ? [] : [{ slot, clientId, clientSecret }]
      )
  )
}

/** The Access pair in PRIMARY, which may be the only slot. */
export function primaryPair(world: Configured): Pair {
  const [pair] = pairsOf(world)
  if (pair === undefined) throw new Error('no slot holds a whole pair')
  return pair
}

/** The service token that the client secret of a pair belongs to. */
export function tokenOf({ sandbox }: World, { clientSecret }: Pair): ServiceToken {
  const token = sandbox.cloudflare.access.serviceTokens.findBySecret(clientSecret)
  expect(token).toBeDefined()
  return token!
}

/** Whether the edge knows the pair and a policy of the application admits it. */
export function isAccepted(world: World, pair: Pair): boolean {
  return classifyPair(world, pair).works
}

/** Whether id and secret belong to different tokens. */
export function isMixed(world: World, pair: Pair): boolean {
  return classifyPair(world, pair).mixed
}

function classifyPair(world: World, { clientId, clientSecret }: Pair): SlotTruth {
  return classifyValues(world, 'access-service-token', {
    'client-id': clientId,
    'client-secret': clientSecret
  })
}
