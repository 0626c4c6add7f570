import type { DestinationConfiguration } from './schema.ts'
import { parseRepository } from '../kernel/repository.ts'

/** Whether a later run of this repository gets its environment from a destination. */
export function feedsRepository(destination: DestinationConfiguration, repository: string): boolean {
  if (destination.type !== 'github-secret') return false
  const { owner } = parseRepository(repository)
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
  return destination.organization === undefined
    ? same(destination.repository ?? '', repository)
    : same(destination.organization, owner)
}
