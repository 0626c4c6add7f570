import { isSameName, parseRepository } from '../kernel/repository.ts'
import type { DestinationConfiguration } from './schema.ts'

/** Whether a later run of this repository gets its environment from a destination. */
export function feedsRepository(destination: DestinationConfiguration, repository: string): boolean {
  if (destination.type !== 'github-secret') return false
  const { owner } = parseRepository(repository)
  return destination.organization === undefined
    ? isSameName(destination.repository ?? '', repository)
    : isSameName(destination.organization, owner)
}
