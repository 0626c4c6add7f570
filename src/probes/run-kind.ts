import * as v from 'valibot'
import { described, text } from '../kernel/fields.ts'
import type { ProbeKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { createCommandProbe } from './command.ts'
import { evidenceField } from './evidence.ts'

/** Longest time that the command of a probe may take. */
const TIMEOUT_MS = 120_000

const schema = v.strictObject({
  run: described(
    text('a command line'),
    'A command, run by `bash -eo pipefail -c` with the new values in its environment under their primary names. It needs Linux or macOS, and its ' +
      'programs installed by a step before.'
  ),
  evidence: evidenceField(
    'What the record keeps of a command that passed: its exit code, or `full`, a part of its output too.'
  )
})

/** A command that is run with the new values. */
export const runKind: ProbeKind<v.InferOutput<typeof schema>, DriverServices> = {
  key: 'run',
  schema,
  suits: ['service-token'],
  create: ({ run, evidence }, { runCommand, cancelled, secrets }, { fields }) =>
    createCommandProbe({
      command: run,
      fields,
      timeoutMs: TIMEOUT_MS,
      runCommand,
      signal: cancelled,
      redact: (text) => secrets.redact(text),
      evidence
    })
}
