import * as v from 'valibot'
import { described, duration } from '../kernel/fields.ts'
import { expectationOf, requestFields, requestTemplates } from '../probes/http-kind.ts'
import { createHttpProbe } from '../probes/http.ts'
import { createFillIn } from '../probes/own-values.ts'
import type { GateKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { createProbeGate, PROBE_GATE_TIMEOUT } from './probe-gate.ts'

/** How long one try waits for its answer, in milliseconds. */
const TRY_MS = 10_000

const schema = v.strictObject({
  http: v.strictObject({
    ...requestFields,
    timeout: described(v.optional(duration, PROBE_GATE_TIMEOUT), 'How long it is tried until it passes.')
  })
})

/** A request to a consumer, without any credential of the rotation. */
export const httpGateKind: GateKind<v.InferOutput<typeof schema>, DriverServices> = {
  key: 'http',
  schema,
  templates: ({ http }) => requestTemplates(http),
  create: ({ http }, { clock, secrets, environment, fetch }) => {
    const { url, method, headers, expect, timeout } = http
    const probe = createHttpProbe({
      ...{ url, method, headers, clock, fetch },
      form: 'api-token',
      redact: (text) => secrets.redact(text),
      timeoutMs: TRY_MS,
      expect: expectationOf(expect),
      credentialHeaders: () => ({}),
      fillIn: createFillIn([], environment)
    })
    return createProbeGate(probe, { timeoutMs: timeout })
  }
}
