import type { ClockOrder } from '../clock/rotation-clock.ts'
import type { Env } from '../env.ts'
import { RequestError } from './request-error.ts'

/** Sends an order to the clock. @throws RequestError where the binding is missing */
export async function askClock<T>({ CLOCK: clock }: Pick<Env, 'CLOCK'>, order: ClockOrder): Promise<T> {
  if (clock === undefined)
    throw new RequestError(503, 'not-configured', 'The binding CLOCK is missing in wrangler.jsonc.')
  const object = clock.get(clock.idFromName('clock'))
  const response = await object.fetch('https://clock/', { method: 'POST', body: JSON.stringify(order) })
  return (await response.json()) as T
}
