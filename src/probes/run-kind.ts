import * as v from 'valibot'
import { commandEnv, described, text } from '../kernel/fields.ts'
import type { ProbeKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { createCommandProbe } from './command.ts'
import { evidenceField } from './evidence.ts'
import { createFillIn } from './own-values.ts'

/** Longest time that the command of a probe may take. */
const TIMEOUT_MS = 120_000

const schema = v.strictObject({
  run: described(
    text('a command line'),
    'A command, run by `bash -eo pipefail -c` with the new values in its environment under their primary names. It sees nothing else of the step ' +
      'than `PATH`, `HOME`, the variables of the runner and `env`. It needs Linux or macOS, and its programs installed by a step before.'
  ),
  env: commandEnv,
  evidence: evidenceField(
    'What the record keeps of a command that passed: its exit code, or `full`, a part of its output too.'
  )
})

/** A command that is run with the new values. */
export const runKind: ProbeKind<v.InferOutput<typeof schema>, DriverServices> = {
  key: 'run',
  schema,
  suits: ['api-token', 'service-token'],
  templates: ({ env }) =>
    Object.entries(env).map(([name, text]) => ({ path: `env.${name}`, text, use: 'env' }) as const),
  create: ({ run, env, evidence }, { runCommand, cancelled, secrets, environment }, { fields }) =>
    createCommandProbe({
      ...{ command: run, env, fillIn: createFillIn(fields, environment) },
      fields,
      timeoutMs: TIMEOUT_MS,
      runCommand,
      signal: cancelled,
      redact: (text) => secrets.redact(text),
      evidence
    })
}
