import { createWatch, type Watched } from '../checks/watched.ts'
import type { WatchConfiguration } from '../config/configuration.ts'
import { permissionsByRole } from '../config/parts.ts'
import { allSlots } from '../config/walk.ts'
import type { CheckPort } from '../rotation/model/finding.ts'
import { kinds } from './kinds.ts'
import type { RunServices } from './services.ts'

/** How long before its end a check tells of a token that the configuration itself uses, in milliseconds. */
const OWN_WARN_MS = 14 * 24 * 3_600_000

/** Makes the checks of the credentials in `watch`, which every run makes. */
export function createWatches(services: RunServices): readonly CheckPort[] {
  return services.configuration.watch.map((one) =>
    createWatch(toWatched(one, services), { account: services.account('tokens'), clock: services.clock })
  )
}

/** Makes the checks of the tokens of `auth`, as far as no rotation renews them and `watch` does not name them. */
export function createOwnWatches(services: RunServices): readonly CheckPort[] {
  const { configuration } = services
  const rotated = new Set(allSlots(configuration).map(({ name }) => name))
  const named = new Set(configuration.watch.flatMap((one) => ('token' in one ? [one.token] : [])))
  const roles = [...permissionsByRole(configuration, kinds).keys()]
  const own = new Map(
    roles.flatMap((role) => services.candidatesOf(role).map(({ name, token }) => [name, token] as const))
  )
  return [...own]
    .filter(([name]) => !rotated.has(name) && !named.has(name))
    .map(([name, token]) =>
      createWatch(
        { name: `$${name}`, warnMs: OWN_WARN_MS, end: { variable: name, token } },
        { account: services.account('tokens'), clock: services.clock }
      )
    )
}

function toWatched(one: WatchConfiguration, { valuesOf }: RunServices): Watched {
  const { name, warn: warnMs } = one
  if ('expires' in one) return { name, warnMs, end: { at: one.expires } }
  const [token] = valuesOf(one.token)
  return { name, warnMs, end: { variable: one.token, token } }
}
