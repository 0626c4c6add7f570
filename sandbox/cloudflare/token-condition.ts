import type { Token } from 'cloudflare/resources/shared'
import * as v from 'valibot'

const cidr = v.pipe(v.string(), v.regex(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/))
const ipFilter = v.strictObject({
  in: v.exactOptional(v.array(cidr)),
  not_in: v.exactOptional(v.array(cidr))
})

/** Spellings of the client IP filter: `request_ip` in the SDK and Terraform 5, `request.ip` in the documentation and Terraform 4. */
export type ConditionSpelling = 'request_ip' | 'request.ip'

/** Condition of a token: a client IP filter in either spelling, and any key that Cloudflare may add. */
export const conditionInput = v.looseObject({
  request_ip: v.exactOptional(ipFilter),
  'request.ip': v.exactOptional(ipFilter)
})

/** Condition as it was sent. */
export type TokenCondition = v.InferOutput<typeof conditionInput>

type IpFilter = v.InferOutput<typeof ipFilter>

/** Finds the client IP filter of a condition in either spelling. */
export function ipFilterOf(condition: TokenCondition | undefined): IpFilter | undefined {
  return condition?.request_ip ?? condition?.['request.ip']
}

/** Formats a condition as the account answers it: in its own spelling, with every other key as it was sent. */
export function presentCondition(
  condition: TokenCondition,
  spelling: ConditionSpelling
): NonNullable<Token['condition']> {
  const { request_ip, 'request.ip': dotted, ...others } = condition
  const filter = request_ip ?? dotted
  return filter === undefined ? others : { ...others, [spelling]: filter }
}
