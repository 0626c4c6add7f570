import { RATE_LIMITS as CLOUDFLARE } from '../cloudflare/limits.ts'
import type { RotationConfiguration } from '../config/configuration.ts'
import { kindOf } from '../config/kinds.ts'
import { namesAt, slotsOf } from '../config/walk.ts'
import { RATE_LIMITS as GITHUB } from '../github/limits.ts'
import { kinds } from './kinds.ts'

/** Time that the last rotation takes, in milliseconds. */
const LAST_MS = 60_000
/** Secrets of GitHub that a rotation writes for which `perRotation` of GitHub's limits stands. */
const TYPICAL_WRITES = 2

/**
 * Counts how many rotations, in this order, the rate limits let a run begin and end in a time (milliseconds), as if nothing else used the tokens. It is
 * an estimate: only the calls themselves decide.
 */
export function countFitting(rotations: readonly RotationConfiguration[], timeMs: number): number {
  const usable = timeMs - LAST_MS
  if (usable <= 0) return 0
  // Every window that begins in the time may be used up.
  const left = [...CLOUDFLARE, ...GITHUB].map(
    ({ units, windowMs }) => units * (1 + Math.floor(usable / windowMs))
  )
  const isLast = (rotation: RotationConfiguration): boolean => {
    costsOf(rotation).forEach((cost, index) => (left[index] = (left[index] ?? 0) - cost))
    return left.some((units) => units < 0)
  }
  const last = rotations.findIndex(isLast)
  return last === -1 ? rotations.length : last
}

/** Units of each limit that a rotation takes. */
function costsOf(rotation: RotationConfiguration): readonly number[] {
  const writes = countWrites(rotation) / TYPICAL_WRITES
  return [
    ...CLOUDFLARE.map(({ perRotation }) => perRotation * rotation.credentials.length),
    ...GITHUB.map(({ perRotation }) => perRotation * writes)
  ]
}

/** How many secrets of GitHub a rotation writes. */
function countWrites({ credentials, destinations }: RotationConfiguration): number {
  const slots = credentials.flatMap((credential) => slotsOf({ credential, path: '' }))
  return destinations
    .map((destination) => {
      const kind = kindOf(kinds.destinations, destination)
      if (kind.needsGithubSecretsToken !== true) return 0
      const names = slots.flatMap(({ name }) => namesAt(destination, name))
      return names.length * kind.places(destination).length
    })
    .reduce((sum, count) => sum + count, 0)
}
