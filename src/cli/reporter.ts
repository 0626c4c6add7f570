import type { SecretRegistry } from '../kernel/secret.ts'
import type { Reporter } from '../rotation/model/ports.ts'
import type { Terminal } from './terminal.ts'
import { forShell } from './wording.ts'

/**
 * Creates the reporter of a run, which writes progress and warnings to standard error.
 * @param warnings takes the warnings, for the record
 */
export function createReporter(
  { terminal, secrets }: { readonly terminal: Terminal; readonly secrets: SecretRegistry },
  warnings: string[]
): Reporter {
  return {
    info: (message) => terminal.progress(forShell(message)),
    warning: (message) => {
      warnings.push(secrets.redact(message))
      terminal.warning(forShell(message))
    }
  }
}
