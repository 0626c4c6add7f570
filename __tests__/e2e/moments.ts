import { Stage } from './stage.ts'

/** A call of a run, and whether something happens before the API carries it out or after. */
export interface CallMoment {
  readonly index: number
  readonly when: 'before' | 'after'
}

/** With `EVERY_MOMENT` set: before and after every call; without it one of the two for each, or for each of so many. */
export const everyMoment = (process.env['EVERY_MOMENT'] ?? '') !== ''

/** Rows of runs that go on at the same time; most of a run's time is the second between two writes of a key that KV asks for. */
const ROWS = 4

/** Rotates once. @throws Error when that did not work */
type Rotate = (stage: Stage) => Promise<void>

async function rotateByAction(stage: Stage): Promise<void> {
  const { main } = await stage.run()
  if (main.outputs['outcome'] !== 'rotated') throw new Error(`nothing happened, but: ${main.log}`)
}

/** A stage on which a pair is in both slots. */
export class RunningStage {
  readonly stage: Stage
  /** What was wrong for consumers after any call since the beginning. */
  readonly unsafe: string[] = []

  private constructor(stage: Stage) {
    this.stage = stage
    stage.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || !call.applied) return
      for (const what of findUnsafe(stage)) this.unsafe.push(`${what} after ${call.method} ${call.path}`)
    })
  }

  static async open(): Promise<RunningStage> {
    const on = new RunningStage(await Stage.open())
    // The first makes the slots, the second outlives the tokens made by hand: from then on all are alike.
    await on.rotate()
    await on.rotate()
    on.unsafe.length = 0
    return on
  }

  /** A run that nothing happens to; answers how many calls it took. */
  async rotate(run: Rotate = rotateByAction): Promise<number> {
    const { transcript } = this.stage.sandbox
    const begun = transcript.length
    await run(this.stage)
    return transcript.length - begun
  }

  /** What the next scheduled run would find: the lease of a run that died has come to the end of its time to live. */
  endLeases(): void {
    const { namespace } = this.stage.account
    for (const key of namespace.keys) namespace.delete(key)
  }

  /** Whether any call from there on changed something besides the alert: what only read leaves the next run nothing to put in order. */
  hasChangedSince(transcriptLength: number): boolean {
    return this.stage.sandbox.transcript
      .since(transcriptLength)
      .some(({ method, applied, path }) => applied && method !== 'GET' && !/\/(issues|labels)/.test(path))
  }

  /** What is not as it is after a rotation that went well. */
  untidy(): readonly string[] {
    const { sandbox, account } = this.stage
    const { store, github } = this.stage.slots()
    const { tokens } = sandbox.cloudflare
    const held = new Set(Object.values(github).map((value) => tokens.findByValue(value)?.name))
    return [
      ...(JSON.stringify(sorted(store)) === JSON.stringify(sorted(github)) ? [] : ['the places differ']),
      ...Object.entries(github).flatMap(([name, value]) => (tokens.works(value) ? [] : [`${name} is dead`])),
      ...(held.size === 4 ? [] : [`the slots hold ${held.size} tokens`]),
      ...this.stage.managed().flatMap((name) => (held.has(name) ? [] : [`${name} is alive and in no slot`])),
      ...account.namespace.keys.map((key) => `the lease ${key} is left`),
      ...this.openAlerts().map((title) => `an alert is open: ${title}`)
    ]
  }

  openAlerts(): readonly string[] {
    return this.stage.account.repository.issues
      .filter(({ state }) => state === 'open')
      .map(({ title }) => title)
  }
}

/** Runs a story for the moments of a rotation, on some stages side by side, and answers what went wrong. */
export async function tellAtEveryCall(
  tell: (on: RunningStage, moment: CallMoment) => Promise<readonly string[]>,
  { oneOf = 1, rotate }: { readonly oneOf?: number; readonly rotate?: Rotate } = {}
): Promise<{ readonly moments: number; readonly wrong: readonly string[] }> {
  const rows = await Promise.all(Array.from({ length: ROWS }, () => RunningStage.open()))
  try {
    const calls = await rows[0]!.rotate(rotate)
    const moments = momentsOf(calls, oneOf)
    const left = [...moments]
    const wrong: string[] = []
    await Promise.all(
      rows.map(async (row) => {
        for (let moment = left.shift(); moment !== undefined; moment = left.shift()) {
          const found = [...(await tell(row, moment)), ...row.unsafe.splice(0)]
          wrong.push(...found.map((what) => `${moment.when} call ${moment.index} of ${calls}: ${what}`))
        }
        wrong.push(...row.stage.leaks().map((place) => `a value can be read in ${place}`))
      })
    )
    return { moments: moments.length, wrong }
  } finally {
    await Promise.all(rows.map(({ stage }) => stage.close()))
  }
}

function momentsOf(calls: number, oneOf: number): readonly CallMoment[] {
  return Array.from({ length: calls }, (_, at) => at + 1).flatMap((index): CallMoment[] => {
    const both: CallMoment[] = [
      { index, when: 'before' },
      { index, when: 'after' }
    ]
    if (everyMoment) return both
    return index % oneOf === 0 ? [both[(index / oneOf) % 2 < 1 ? 0 : 1]!] : []
  })
}

/** I1 and I2 on the state of the sandbox: at each place something works, and nothing that a slot holds was deleted. */
function findUnsafe(stage: Stage): readonly string[] {
  const { tokens } = stage.sandbox.cloudflare
  return Object.entries(stage.slots()).flatMap(([place, held]) => [
    ...['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN'].flatMap((name) =>
      ['PRIMARY', 'SECONDARY'].some((slot) => tokens.works(held[`${slot}_${name}`] ?? ''))
        ? []
        : [`I1: nothing works for ${name} in ${place}`]
    ),
    ...Object.entries(held).flatMap(([name, value]) =>
      tokens.findByValue(value)?.deletedAt === undefined
        ? []
        : [`I2: ${name} in ${place} holds a deleted token`]
    )
  ])
}

function sorted(values: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(values).sort(([a], [b]) => a.localeCompare(b))
}
