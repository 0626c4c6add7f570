import * as v from 'valibot'
import { described } from '../kernel/fields.ts'

/** The field `evidence` of a probe. */
export function evidenceField(description: string) {
  return described(
    v.optional(v.picklist(['status', 'full'], 'must be status or full'), 'status'),
    description
  )
}
