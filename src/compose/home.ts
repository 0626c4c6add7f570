import { createHash } from 'node:crypto'
import type { Configuration, RotationConfiguration } from '../config/configuration.ts'
import { kindOf } from '../config/kinds.ts'
import type { TypedConfiguration } from '../kernel/kinds.ts'
import type { Home } from '../rotation/model/managed-name.ts'
import { kinds } from './kinds.ts'

/** An id as `plan` and `check` print it, which `home:` takes as it is. */
const HOME_ID = /^[0-9a-f]{8}$/

/**
 * Finds the home of a rotation: the text of `home:`, or else the repository of the run and the places that feed its next run. The first of them is in the
 * names of new objects. All of them are own, so that objects stay own when a destination is added.
 * @param repository `owner/name` of the run
 */
export function findHome(
  { home }: Pick<Configuration, 'home'>,
  { destinations }: Pick<RotationConfiguration, 'destinations'>,
  repository: string
): Home {
  if (home !== undefined) {
    const id = toHomeId(home)
    return { id, own: new Set([id]) }
  }
  const [first = repository, ...others] = findFeeds(destinations, repository)
  const id = toHomeId(first)
  return { id, own: new Set([id, ...others.map(toHomeId)]) }
}

/** The places that give the next run of a repository its environment. */
function findFeeds(destinations: readonly TypedConfiguration[], repository: string): readonly string[] {
  return destinations.flatMap(
    (destination) => kindOf(kinds.destinations, destination).findFeeds?.(destination, repository) ?? []
  )
}

/** The eight hexadecimal characters that stand for a home. GitHub does not tell upper and lower case apart in names of these kinds. */
function toHomeId(text: string): string {
  if (HOME_ID.test(text)) return text
  return createHash('sha256').update(text.toLowerCase()).digest('hex').slice(0, 8)
}
