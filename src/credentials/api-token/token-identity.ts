import type { TokenAnswer } from '../../cloudflare/answers.ts'
import { parseInstant, type Clock } from '../../kernel/clock.ts'
import { RotationError, withContext } from '../../kernel/error.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import type { Secret } from '../../kernel/secret.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import type { FieldValues, Probe, SlotReading } from '../../rotation/model/ports.ts'
import { confirmRefusal, readUnlisted } from '../confirm-refusal.ts'
import { VALUE, findMismatch, findR2Key, type R2Key } from './r2-key.ts'
import { isInvalidToken, type TokenApi } from './token-api.ts'

/** What identifies the values of a slot. */
export interface TokenIdentityOptions {
  readonly name: string
  readonly api: Pick<TokenApi, 'verify' | 'list'>
  /** The list of the owner's tokens, read once a run. */
  readonly tokens: () => Promise<readonly TokenAnswer[]>
  readonly probes: readonly Probe[]
  readonly clock: Clock
  readonly cancelled: AbortSignal
}

interface KeyCheck {
  readonly key: R2Key
  readonly values: FieldValues
  readonly list: ReadList
  readonly isFresh: boolean
}

type ReadList = () => Promise<readonly TokenAnswer[]>

/** Tells which token the values of a slot belong to, and whether they work. */
export async function identifyToken(
  options: TokenIdentityOptions,
  values: FieldValues
): Promise<SlotReading> {
  const value = values[VALUE]
  const key = findR2Key(values)
  const check = (list: ReadList, isFresh: boolean): Promise<SlotReading> => {
    if (value !== undefined) return identifyByValue(options, { value, key, list })
    if (key !== undefined) return identifyByKey(options, { key, values, list, isFresh })
    throw new TypeError('An API token has the field "value", or those of an R2 key')
  }
  return await confirmRefusal(
    options,
    () => check(options.tokens, false),
    () => check(() => options.api.list(), true)
  )
}

/** Asks the token about itself, and compares the R2 key with it. */
async function identifyByValue(
  options: TokenIdentityOptions,
  { value, key, list }: { readonly value: Secret; readonly key: R2Key | undefined; readonly list: ReadList }
): Promise<SlotReading> {
  const reading = await verifyValue(options, value)
  if (key === undefined || (reading.state !== 'working' && reading.state !== 'refused')) return reading
  if (reading.state === 'working') {
    const reason = findMismatch(key, { id: reading.id, value })
    return reason === undefined ? reading : { state: 'rejected', reason, id: reading.id }
  }
  const other = find(await list(), key)
  if (other?.status !== 'active') return reading
  return {
    state: 'rejected',
    reason: `${reading.reason}, and its access key id is that of an active token`,
    id: other.id
  }
}

/** Asks the token about itself once. Only Cloudflare's own code says that a value is not a token. */
async function verifyValue({ api, name }: TokenIdentityOptions, value: Secret): Promise<SlotReading> {
  try {
    const { id, status, expires_on } = await api.verify(value)
    if (status !== 'active') return { state: 'refused', reason: `its status is ${status}`, id }
    const expiresAt = parseInstant(expires_on)
    return { state: 'working', id, ...withoutUndefined({ expiresAt }) }
  } catch (thrown) {
    if (!(thrown instanceof RotationError)) throw thrown
    if (isInvalidToken(thrown)) return { state: 'refused', reason: 'Cloudflare does not know it' }
    return { state: 'unreadable', error: withContext(thrown, `${name}: the value could not be verified`) }
  }
}

/**
 * Looks the access key id up in the list, which alone says whether a token is revoked, and tries the key with every probe that only reads: only R2
 * tells whether the secret belongs to the id. Only a fresh list is set against a probe that passes.
 */
async function identifyByKey(
  { probes, name }: TokenIdentityOptions,
  { key, values, list, isFresh }: KeyCheck
): Promise<SlotReading> {
  const [tokens, evidence] = await allOrFirstError([
    list(),
    allOrFirstError(probes.filter(({ readsOnly }) => readsOnly).map((probe) => probe.run(values)))
  ])
  const token = find(tokens, key)
  if (token === undefined) {
    const reason = 'no API token has this access key id'
    return readUnlisted({ name, reason, evidence: isFresh ? evidence : [], role: 'tokens' })
  }
  const { id, status } = token
  if (status !== 'active') return { state: 'refused', reason: `its status is ${status}`, id }
  const failed = evidence.find(({ verdict }) => verdict === 'unauthenticated' || verdict === 'forbidden')
  if (failed !== undefined)
    return { state: 'rejected', reason: `probe "${failed.label}": ${failed.detail}`, id }
  const expiresAt = parseInstant(token.expires_on)
  return { state: 'working', id, ...withoutUndefined({ expiresAt }) }
}

function find(tokens: readonly TokenAnswer[], { accessKeyId }: R2Key): TokenAnswer | undefined {
  return tokens.find(({ id }) => id === accessKeyId.reveal())
}
