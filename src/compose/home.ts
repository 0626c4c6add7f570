import { createHash } from 'node:crypto'
import type { Home } from '../rotation/model/managed-name.ts'
import { feedsRepository } from '../config/feeds.ts'
import type { Configuration, DestinationConfiguration, RotationConfiguration } from '../config/schema.ts'

/** An id as `plan` and `check` print it, which `home:` takes as it is. */
const HOME_ID = /^[0-9a-f]{8}$/

/**
 * Finds whose a rotation is: the text of `home:`, or else the repository of the run and the places that feed its next run. The first of them names
 * new objects; all of them are own, so that a destination which is added makes no stranger of what is there.
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
  const places = destinations
    .filter((destination) => feedsRepository(destination, repository))
    .map((destination) => describePlace(destination, repository))
  const [first = repository, ...others] = places
  const id = toHomeId(first)
  return { id, own: new Set([id, ...others.map(toHomeId)]) }
}

/** The eight hexadecimal characters that stand for a home. GitHub does not tell upper and lower case apart in names of these kinds. */
function toHomeId(text: string): string {
  if (HOME_ID.test(text)) return text
  return createHash('sha256').update(text.toLowerCase()).digest('hex').slice(0, 8)
}

/** `owner/name`, `owner/name/environment`, or `owner/name@organization`. */
function describePlace(destination: DestinationConfiguration, repository: string): string {
  if (destination.type !== 'github-secret') return repository
  const { environment, organization } = destination
  if (organization !== undefined) return `${repository}@${organization}`
  return environment === undefined ? repository : `${repository}/${environment}`
}
