import * as v from 'valibot'
import { callWith, type CloudflareServices } from '../cloudflare/services.ts'
import { readWorker } from '../cloudflare/workers.ts'
import { described, matching, names } from '../kernel/fields.ts'
import type { DestinationKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { WorkerSecret } from './worker/worker-secret.ts'
import { WriteQueue } from './write-queue.ts'

const schema = v.strictObject({
  type: v.literal('worker-secret'),
  script: described(
    matching(/^[a-z0-9_][a-z0-9_-]{0,254}$/, 'the name of a Worker: a-z, 0-9, _ and -'),
    'The Worker, by its name.'
  ),
  names
})

/** Secrets of a Worker. */
export const workerSecretKind: DestinationKind<
  v.InferOutput<typeof schema>,
  DriverServices & CloudflareServices
> = {
  type: 'worker-secret',
  schema,
  permissions: () => [{ role: 'workers', permission: 'Workers Scripts Write' }],
  places: ({ script }) => [script],
  findNameProblem: (name) =>
    /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name)
      ? undefined
      : `must be the name of a binding, which is a JavaScript identifier: A-Z, a-z, 0-9, _ and $, not beginning with a digit, not "${name}"`,
  create: ({ script }, services, { home, namesOf }) => {
    const { clock, run, readOnce, shared } = services
    const state = () => readOnce(`Worker ${script}`, () => readWorker(callWith(services, 'workers'), script))
    const queue = shared(`writes of Worker ${script}`, () => new WriteQueue())
    const account = services.account('workers')
    return [new WorkerSecret({ account, script, home, namesOf, clock, state, queue, runId: run.runId })]
  }
}
