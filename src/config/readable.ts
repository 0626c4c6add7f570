import * as v from 'valibot'
import type { Configuration, RotationConfiguration } from './configuration.ts'

const slots = v.object({ primary: v.string(), secondary: v.optional(v.string()) })
const rotation = v.looseObject({
  name: v.string(),
  credentials: v.array(v.looseObject({ name: v.string(), secrets: v.record(v.string(), slots) })),
  destinations: v.array(v.looseObject({ names: v.optional(v.record(v.string(), v.unknown())) }))
})
const watched = v.looseObject({ name: v.string() })
const configuration = v.object({
  rotations: v.fallback(v.array(v.unknown()), []),
  watch: v.fallback(v.array(v.unknown()), [])
})

/** Names and slots of a configuration. */
export type Readable = Pick<Configuration, 'rotations' | 'watch'>

/**
 * Reads the names and slots of a configuration that is wrong elsewhere. A part in which they cannot be read keeps its place and holds nothing.
 * @param output what the schema made of it
 */
export function readNames(output: unknown): Readable {
  const { rotations, watch } = v.parse(v.fallback(configuration, { rotations: [], watch: [] }), output)
  // Only names and slots may be used of it: the rest may be of any form.
  return {
    rotations: rotations.map((one, index) =>
      v.is(rotation, one) ? one : { name: unnamed(index), credentials: [], destinations: [] }
    ) as readonly unknown[] as readonly RotationConfiguration[],
    watch: watch.map((one, index) =>
      v.is(watched, one) ? one : { name: unnamed(index) }
    ) as readonly unknown[] as Configuration['watch']
  }
}

/** A name that no schema accepts, and that is not repeated. */
function unnamed(index: number): string {
  return `[${index}]`
}
