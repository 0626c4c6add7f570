import type { CredentialConfiguration } from '../config/schema.ts'
import { createCanProbe } from '../probes/can.ts'
import { createCommandProbe } from '../probes/command.ts'
import { createHttpProbe } from '../probes/http.ts'
import type { FieldSlots, FieldValues, Probe } from '../rotation/model/ports.ts'
import type { RunServices } from './services.ts'

/** So long may the command of a probe take. */
const COMMAND_TIMEOUT_MS = 120_000

/** Makes a probe of a credential. */
export function createProbe(
  services: RunServices,
  probe: CredentialConfiguration['verify'][number],
  { fields, storeIds }: { readonly fields: readonly FieldSlots[]; readonly storeIds: readonly string[] }
): Probe {
  const { clock, secrets, runCommand, cancelled, environment } = services.dependencies
  const redact = (text: string): string => secrets.redact(text)
  if ('can' in probe) return createCanProbe({ can: probe.can, account: services.account('tokens'), storeIds })
  if ('run' in probe) {
    return createCommandProbe({
      command: probe.run,
      fields,
      timeoutMs: COMMAND_TIMEOUT_MS,
      runCommand,
      signal: cancelled,
      redact,
      evidence: probe.evidence
    })
  }
  const { url, method, headers, expect, timeout, evidence } = probe.http
  const expectation =
    typeof expect === 'object' && !Array.isArray(expect) ? expect : { status: expect, json: undefined }
  return createHttpProbe({
    ...{ url, method, headers, clock, redact, evidence },
    timeoutMs: timeout,
    expect: {
      statuses: [expectation.status].flat(),
      ...(expectation.json === undefined ? {} : { json: expectation.json })
    },
    credentialHeaders: accessHeaders,
    valueOf: (name, values) => {
      const own = fields.find(({ primary }) => primary === name)
      return (own === undefined ? undefined : values[own.field]?.reveal()) ?? environment(name) ?? ''
    },
    fetch: services.dependencies.fetch
  })
}

/** The headers by which Access takes a service token; Cloudflare's documentation. */
function accessHeaders(values: FieldValues): Readonly<Record<string, string>> {
  const id = values['client-id']
  const secret = values['client-secret']
  if (id === undefined || secret === undefined) return {}
  return { 'CF-Access-Client-Id': id.reveal(), 'CF-Access-Client-Secret': secret.reveal() }
}
