import { formatTime } from '../../markdown/time.ts'
import type { RotationRecord, RunRecord } from '../../rotation/record/schema.ts'
import { findCause } from './causes.ts'
import { isDead, NOW, type Safety } from './urgency.ts'

/** GitHub refuses a longer title. */
const MAX_TITLE = 256
/** More names are only counted. */
const MAX_NAMES = 3

/** Forms the title: what failed, of which credentials, and how urgent it is. */
export function formTitle(record: RunRecord, failed: readonly RotationRecord[], safety: Safety): string {
  return oneLine(
    safety === NOW ? formUrgent(record, failed) : `${formCalm(record, failed)}${formSafety(safety)}`
  )
}

/** Joins names: all of a few, or the first of many and the number of the others. */
export function listNames(names: readonly string[]): string {
  if (names.length <= MAX_NAMES) return names.join(', ')
  return `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more`
}

function formUrgent(record: RunRecord, failed: readonly RotationRecord[]): string {
  const dead = failed.flatMap(({ name, credentials }) =>
    credentials.filter(isDead).map((credential) => `${credential.name} of ${name}`)
  )
  return `Consumers fail now: ${dead.length === 0 ? formCalm(record, failed) : `no slot works of ${listNames(dead)}`}`
}

function formCalm(record: RunRecord, failed: readonly RotationRecord[]): string {
  const [first] = failed
  if (first === undefined) {
    if (record.error === null) return `Credential rotation is unhealthy in ${record.run.repository}`
    return `Credential rotation could not start in ${record.run.repository}${formCause(record.error.code)}`
  }
  const names = listNames(failed.map(({ name }) => name))
  const credentials = failed.flatMap((rotation) => rotation.credentials.map(({ name }) => name))
  const ended = failed.some(({ outcome }) => outcome === 'failed')
    ? 'failed'
    : failed.some(({ outcome }) => outcome === 'rolled-back')
      ? 'was rolled back'
      : 'is unhealthy'
  const of = credentials.length === 0 ? '' : ` (${listNames(credentials)})`
  return `Rotation of ${names} ${ended}${formCause(first.error?.code)}${of}`
}

function formCause(code: string | undefined): string {
  const cause = code === undefined ? undefined : findCause(code)
  return cause === undefined ? '' : `: ${cause}`
}

function formSafety(safety: Safety): string {
  return safety === undefined ? '' : `. Consumers are safe until ${formatTime(safety)}`
}

/** Keeps line breaks and control characters out of a subject or a title. */
function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, MAX_TITLE)
}
