import type { KindDescriptor, TypedConfiguration } from '../src/kernel/kinds.ts'

/** Tells whether a part of a configuration is of a kind, so that what only this kind has can be read. */
export function isOfKind<C extends TypedConfiguration>(
  kind: KindDescriptor<C>,
  part: TypedConfiguration
): part is C {
  return part.type === kind.type
}
