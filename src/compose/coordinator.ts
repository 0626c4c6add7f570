import { randomBytes } from 'node:crypto'
import type { Configuration } from '../config/configuration.ts'
import { CoordinatorClient } from '../coordinator/client.ts'
import { reportRun } from '../coordinator/report.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import type { RunRecord } from '../rotation/record/schema.ts'

/** Makes the client of the coordinator; undefined where none is configured. */
export function createCoordinator(
  { coordinator }: Pick<Configuration, 'coordinator'>,
  { valuesOf, fetch, clock }: Pick<DriverServices, 'valuesOf' | 'fetch' | 'clock'>
): CoordinatorClient | undefined {
  if (coordinator === undefined) return undefined
  const { url, token, 'slots-token': slots = token } = coordinator
  const tokenOf = (variable: string) => ({ variable, token: valuesOf(variable)[0] })
  return new CoordinatorClient({
    ...{ url, fetch, clock },
    tokens: { report: tokenOf(token), slots: tokenOf(slots) },
    nonce: () => randomBytes(32).toString('base64')
  })
}

/** Makes the report of a run's end; without a coordinator it does nothing. */
export function createRunReport(
  client: CoordinatorClient | undefined,
  { reporter }: Pick<DriverServices, 'reporter'>
): (record: RunRecord) => Promise<void> {
  return async (record) => {
    if (client !== undefined) await reportRun(record, { client, reporter })
  }
}
