import { formatDuration, formatInstant } from '../../kernel/clock.ts'
import { findPrimaryEnd, findPrimaryObject } from '../model/observed-credential.ts'
import type { Rotation } from '../model/rotation.ts'
import { each, isUnmanaged, type DueInput, type DueReason, type DueRule } from './due-rule.ts'
import { disagreement, fallback, halfWritten, newerWritten } from './due-slots.ts'
import { findUnseen } from './unseen.ts'

/** A credential is rotated when less than this share of its lifetime is left, whatever the interval is. */
const RENEW_WITHIN = 1 / 3

/**
 * A rotation is due this share of its interval early, but at most {@link EARLY_MS}: a punctual trigger with the same interval starts a run seconds
 * before the token of the last one is that old, and would otherwise rotate in every second run only.
 */
const EARLY_SHARE = 1 / 12
const EARLY_MS = 5 * 60_000

/** Finds every reason for which a rotation is due; none means that it is not due. */
export function findDueReasons(input: DueInput): readonly DueReason[] {
  const rules: readonly DueRule[] = [
    contain,
    forced,
    interval,
    first,
    dead,
    unseen,
    expiring,
    fallback,
    disagreement,
    halfWritten,
    newerWritten,
    unfinished
  ]
  return rules.flatMap((rule) => rule(input))
}

/** Computes when the next rotation is due, in milliseconds since the epoch; undefined where every run rotates. */
export function findNextDue(
  rotation: Rotation,
  issuedAts: readonly (number | undefined)[]
): number | undefined {
  if (rotation.everyMs === undefined) return undefined
  const known = issuedAts.filter((at) => at !== undefined)
  return known.length === 0 ? undefined : Math.min(...known) + rotation.everyMs
}

const contain: DueRule = (input) =>
  input.contain
    ? [
        {
          rule: 'contain',
          message: 'The command is contain: everything older is replaced in every slot and revoked.'
        }
      ]
    : []

const forced: DueRule = ({ force }) =>
  force ? [{ rule: 'forced', message: 'The rotation is forced: `force` is true.' }] : []

const interval: DueRule = ({ rotation, observation, now }) => {
  if (rotation.everyMs === undefined)
    return [{ rule: 'always', message: 'No interval is configured: every run rotates.' }]
  const due = findNextDue(
    rotation,
    observation.credentials.map((observed) => findPrimaryObject(observed)?.issuedAt)
  )
  if (due === undefined || due - Math.min(EARLY_MS, rotation.everyMs * EARLY_SHARE) > now) return []
  return [
    {
      rule: 'interval',
      message: `The interval of ${formatDuration(rotation.everyMs)} ${due > now ? 'ends' : 'ended'} at ${formatInstant(due)}.`
    }
  ]
}

const first: DueRule = ({ observation }) =>
  each(observation, (observed) => {
    const { credential, primary } = observed
    if (credential.current === 'unknown' && primary.reading.state === 'missing') {
      return { rule: 'first', message: `${credential.name}: the first rotation creates the first one.` }
    }
    if (!isUnmanaged(observed)) return undefined
    return {
      rule: 'first',
      message: `${observed.credential.name}: PRIMARY was created by hand; the first rotation adopts it.`
    }
  })

/** PRIMARY does not work, or cannot be read while SECONDARY works: with neither, the run has stopped before it planned. */
const dead: DueRule = ({ observation }) =>
  each(observation, ({ credential: { name }, primary: { reading } }) => {
    switch (reading.state) {
      case 'refused':
      case 'rejected':
        return { rule: 'dead', message: `${name}: PRIMARY does not work (${reading.reason}).` }
      case 'unreadable':
        return {
          rule: 'unreadable',
          message: `${name}: PRIMARY could not be read, and SECONDARY works (${reading.error.message})`
        }
      default:
        return undefined
    }
  })

/** How old PRIMARY is cannot be known. */
const unseen: DueRule = ({ observation }) =>
  each(observation, (observed) => {
    const error = findUnseen(observed)
    return error === undefined ? undefined : { rule: 'unreadable', message: error.message }
  })

/** An earlier run did not complete a promotion: only another one makes certain what every slot holds. */
const unfinished: DueRule = ({ observation }) =>
  each(observation, ({ credential: { name }, primary: { reading } }) =>
    reading.state === 'unknown' ? { rule: 'unfinished', message: `${name}: ${reading.reason}.` } : undefined
  )

const expiring: DueRule = ({ observation, now }) =>
  each(observation, (observed) => {
    const issuedAt = findPrimaryObject(observed)?.issuedAt
    const expiresAt = findPrimaryEnd(observed)
    if (expiresAt === undefined || issuedAt === undefined) return undefined
    if (expiresAt - now > (expiresAt - issuedAt) * RENEW_WITHIN) return undefined
    return {
      rule: 'expiring',
      message: `${observed.credential.name}: PRIMARY expires at ${formatInstant(expiresAt)}.`
    }
  })
