import type { Observation, ObservedCredential } from './observe.ts'

/**
 * The SECONDARY secrets of a credential that some destination holds although the step was not given their values: what they hold can't be known. Empty
 * where the step was given SECONDARY or a placeholder, and where nothing holds it.
 */
export function findUnseen(
  { credential, secondary }: ObservedCredential,
  { destinations }: Pick<Observation, 'destinations'>
): readonly string[] {
  const reading = secondary?.reading
  if (reading?.state !== 'missing' || reading.placeholder === true) return []
  return credential.fields.flatMap(({ secondary: name }) =>
    name !== undefined && destinations.some((entries) => entries.has(name)) ? [name] : []
  )
}
