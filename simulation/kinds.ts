import { R2_KEY } from '../sandbox/configurations.ts'
import { seedR2Files } from '../sandbox/seed-r2.ts'
import { addUnrelatedObjects } from './unrelated-objects.ts'
import { CONFIRMED, IN_PLACE, SINGLE_TOKEN, TWO_SLOTS, WRITE_ONLY, alsoAt, gated } from './configurations.ts'
import { addWorkerAndPages, ELSEWHERE, PROJECT, SCRIPT, SINGLE_ELSEWHERE } from './elsewhere.ts'
import { useSynchronousSigning } from './synchronous-signing.ts'
import {
  addDeployment,
  GATE,
  GATED,
  GATED_ACCESS,
  GATED_IN_PLACE,
  GATED_PAIR,
  GATED_WHEN_DUE,
  failDeployment,
  hangDeployment,
  swallowDeployment
} from './gates.ts'
import { DAY, HOUR } from './times.ts'
import {
  addStoreToken,
  leaveByHand,
  UNKNOWN,
  UNKNOWN_ACCESS,
  UNKNOWN_FROM_NOTHING,
  UNKNOWN_R2,
  unknownAlsoAt
} from './unknown.ts'
import { ACCESS, BOOTSTRAP, createWorld, type RunOptions, type World, type WorldOptions } from './world.ts'

/** Kind of rotation that trials run, and whose calls they break. */
export interface Kind {
  readonly name: string
  readonly configuration: string
  readonly world: WorldOptions
  /** Number of successful rotations before; with 0, PRIMARY was created by hand. */
  readonly before: number
  /** Milliseconds between rotations. */
  readonly intervalMs: number
  /** Options in which the faulted run differs from a scheduled one. */
  readonly run?: Pick<RunOptions, 'command' | 'force' | 'reason'>
  /** Prepares the world. */
  readonly prepare?: (world: World) => void
  /** Makes the faulted run meet a world that is not in order; returns what puts it in order again. */
  readonly disturb?: (world: World) => () => void
}

const pair = { configuration: BOOTSTRAP, world: {}, intervalMs: HOUR } as const
const access = { configuration: ACCESS, world: { access: true }, intervalMs: 31 * DAY } as const
const inPlace = { ...access, configuration: IN_PLACE } as const
const twoSlots = { ...access, configuration: TWO_SLOTS, prepare: putIntoPrimary } as const
const elsewhere = { ...pair, configuration: ELSEWHERE, prepare: addWorkerAndPages } as const
const singleElsewhere = { ...elsewhere, configuration: SINGLE_ELSEWHERE } as const
const single = { configuration: SINGLE_TOKEN, world: {}, intervalMs: HOUR } as const

const gate = {
  world: { startsWorkflows: true },
  intervalMs: HOUR,
  prepare: addDeployment
} as const

const gateAccess = {
  ...gate,
  configuration: GATED_ACCESS,
  world: { access: true, startsWorkflows: true },
  intervalMs: 31 * DAY
} as const

const r2 = {
  configuration: R2_KEY,
  world: { ttlMs: 4_000 * DAY },
  intervalMs: 31 * DAY,
  prepare: addR2Files
} as const

const unknown = { configuration: UNKNOWN, world: {}, intervalMs: HOUR, prepare: addStoreToken } as const
const unknownGate = {
  ...gate,
  configuration: gated(UNKNOWN, GATE),
  prepare: (world: World) => {
    addDeployment(world)
    addStoreToken(world)
  }
} as const
const unknownElsewhere = {
  ...unknown,
  configuration: unknownAlsoAt(
    { type: 'worker-secret', script: SCRIPT },
    { type: 'pages-secret', project: PROJECT }
  ),
  prepare: (world: World) => {
    addWorkerAndPages(world)
    addStoreToken(world)
  }
} as const

/** Kinds whose current value no run is given. */
export const UNKNOWN_KINDS: readonly Kind[] = [
  {
    name: 'unknown-from-nothing',
    ...unknown,
    configuration: UNKNOWN_FROM_NOTHING,
    before: 0,
    prepare: leaveByHand
  },
  { name: 'unknown-adopts', ...unknown, before: 0 },
  { name: 'unknown-later', ...unknown, before: 2 },
  { name: 'unknown-write-only', ...unknown, configuration: unknownAlsoAt(WRITE_ONLY), before: 1 },
  { name: 'unknown-elsewhere', ...unknownElsewhere, before: 1 },
  { name: 'unknown-gate', ...unknownGate, before: 1 },
  { name: 'unknown-gate-fails', ...unknownGate, before: 1, disturb: failDeployment },
  { name: 'contain-unknown', ...unknown, before: 1, run: { command: 'contain' } },
  { name: 'r2-unknown', ...r2, configuration: UNKNOWN_R2, before: 1 },
  { name: 'access-unknown-adopts', ...access, configuration: UNKNOWN_ACCESS, before: 0 },
  { name: 'access-unknown', ...access, configuration: UNKNOWN_ACCESS, before: 1 }
]

/** Kinds that random and concurrent trials draw from: a longer list would change the course of every seed. */
export const DRAWN_KINDS: readonly Kind[] = [
  { name: 'pair-first', ...pair, before: 0 },
  { name: 'pair-later', ...pair, before: 2 },
  { name: 'access-first', ...access, before: 0 },
  { name: 'access-later', ...access, before: 1 },
  { name: 'in-place-first', ...inPlace, before: 0 },
  { name: 'in-place-later', ...inPlace, before: 1 },
  { name: 'two-slots-first', ...twoSlots, before: 0 },
  { name: 'two-slots-later', ...twoSlots, before: 1 },
  { name: 'single-first', ...single, before: 0 },
  { name: 'single-later', ...single, before: 1 },
  { name: 'pair-among-others', ...pair, before: 2, prepare: addUnrelatedObjects },
  { name: 'access-among-others', ...access, before: 1, prepare: addUnrelatedObjects },
  { name: 'contain-pair', ...pair, before: 2, run: { command: 'contain' } },
  { name: 'contain-access', ...access, before: 1, run: { command: 'contain' } },
  { name: 'contain-two-slots', ...twoSlots, before: 2, run: { command: 'contain' } },
  { name: 'contain-in-place', ...inPlace, before: 1, run: { command: 'contain' } },
  { name: 'rollback-pair', ...pair, before: 2, run: { command: 'rollback' } },
  { name: 'rollback-two-slots', ...twoSlots, before: 2, run: { command: 'rollback' } }
]

/** Every kind of rotation, the first and a later one. */
export const KINDS: readonly Kind[] = [
  ...DRAWN_KINDS,
  { name: 'command-pair', ...pair, configuration: alsoAt(CONFIRMED), before: 2 },
  { name: 'command-single', ...single, configuration: alsoAt(CONFIRMED, SINGLE_TOKEN), before: 1 },
  { name: 'command-write-only', ...single, configuration: alsoAt(WRITE_ONLY, SINGLE_TOKEN), before: 1 },
  { name: 'r2-first', ...r2, before: 0 },
  { name: 'r2-later', ...r2, before: 1 },
  { name: 'elsewhere-first', ...elsewhere, before: 0 },
  { name: 'elsewhere-later', ...elsewhere, before: 2 },
  { name: 'single-elsewhere', ...singleElsewhere, before: 2 },
  { name: 'gate-single', ...gate, configuration: GATED, before: 1 },
  { name: 'gate-when-due', ...gate, configuration: GATED_WHEN_DUE, before: 1 },
  { name: 'gate-pair', ...gate, configuration: GATED_PAIR, before: 2 },
  { name: 'gate-fails', ...gate, configuration: GATED, before: 1, disturb: failDeployment },
  { name: 'gate-fails-pair', ...gate, configuration: GATED_PAIR, before: 2, disturb: failDeployment },
  { name: 'gate-hangs', ...gate, configuration: GATED, before: 1, disturb: hangDeployment },
  { name: 'access-gate', ...gateAccess, before: 1 },
  { name: 'access-gate-fails', ...gateAccess, before: 1, disturb: failDeployment },
  { name: 'in-place-gate', ...gateAccess, configuration: GATED_IN_PLACE, before: 1 },
  {
    name: 'in-place-gate-fails',
    ...gateAccess,
    configuration: GATED_IN_PLACE,
    before: 1,
    disturb: failDeployment
  },
  { name: 'gate-lies', ...gate, configuration: GATED, before: 1, disturb: swallowDeployment },
  ...UNKNOWN_KINDS
]

/** Returns the kind of that name. */
export function getKind(name: string): Kind {
  const kind = KINDS.find((one) => one.name === name)
  if (kind === undefined)
    throw new Error(`there is no kind ${name}; there are ${KINDS.map((one) => one.name).join(', ')}`)
  return kind
}

/** Creates the world in which a kind begins, before any rotation. */
export function createWorldOf(kind: Kind, seed: number): World {
  const world = createWorld({ ...kind.world, seed })
  world.account.run.status = 'completed'
  kind.prepare?.(world)
  return world
}

/** Adds a bucket with a key, in two environments under different names. */
function addR2Files({ sandbox, account }: World): void {
  useSynchronousSigning()
  seedR2Files(sandbox, account)
}

/** Renames the secrets of the Access pair to PRIMARY; the pair that was created by hand is in PRIMARY then. */
export function putIntoPrimary({ account, automation }: World): void {
  const vault = account.repository.environment(automation!.environment)
  for (const name of ['R2_EXPLORER_ACCESS_CLIENT_ID', 'R2_EXPLORER_ACCESS_CLIENT_SECRET']) {
    vault.put(`PRIMARY_${name}`, vault.find(name)!.value)
    vault.delete(name)
  }
}
