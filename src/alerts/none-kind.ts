import * as v from 'valibot'
import type { AlertKind } from './alert.ts'
import { noAlert } from './no-alert.ts'

const schema = v.strictObject({ type: v.literal('none') })

/** No alert: the failed workflow is all that there is. */
export const noAlertKind: AlertKind<v.InferOutput<typeof schema>, unknown> = {
  type: 'none',
  schema,
  create: () => noAlert
}
