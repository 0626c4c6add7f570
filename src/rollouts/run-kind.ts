import * as v from 'valibot'
import { commandEnvAs, described, duration, text } from '../kernel/fields.ts'
import { createCommandProbe } from '../probes/command.ts'
import { createFillIn } from '../probes/own-values.ts'
import type { GateKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { createProbeGate, PROBE_GATE_TIMEOUT } from './probe-gate.ts'

/** Longest time that one try may take, in milliseconds. */
const TRY_MS = 120_000

const schema = v.strictObject({
  run: described(
    text('a command line'),
    'A command, run by `bash -eo pipefail -c` without any credential of the rotation. It sees nothing else of the step than `PATH`, `HOME`, the ' +
      'variables of the runner and `env`.'
  ),
  env: commandEnvAs('More variables of its environment; `${NAME}` is the environment variable NAME.'),
  timeout: described(v.optional(duration, PROBE_GATE_TIMEOUT), 'How long it is tried until it exits with 0.')
})

/** A command that looks at a consumer. */
export const runGateKind: GateKind<v.InferOutput<typeof schema>, DriverServices> = {
  key: 'run',
  schema,
  templates: ({ env }) =>
    Object.entries(env).map(([name, text]) => ({ path: `env.${name}`, text, use: 'env' }) as const),
  create: ({ run, env, timeout }, { runCommand, cancelled, secrets, environment }) => {
    const probe = createCommandProbe({
      ...{ command: run, env, fillIn: createFillIn([], environment), fields: [], runCommand },
      timeoutMs: Math.min(TRY_MS, timeout),
      signal: cancelled,
      redact: (text) => secrets.redact(text)
    })
    return createProbeGate(probe, { timeoutMs: timeout, looksLong: true })
  }
}
