import type { Account } from './account.ts'
import { AS_ASSUMED, NotTried, Stopped, type Assumption } from './assumption.ts'

/** What became of one assumption. */
export interface Trial {
  readonly assumption: Assumption
  readonly state: 'as assumed' | 'otherwise' | 'not tried'
  /** What is otherwise, or why it was not tried. */
  readonly detail: string
}

/** What became of all of them. */
export interface Trials {
  readonly trials: readonly Trial[]
  /** Labels of what was made and could not be removed. */
  readonly left: readonly string[]
}

/** Tries the assumptions one after the other and removes everything again, whatever happens. */
export async function tryAll(
  account: Account,
  assumptions: readonly Assumption[],
  onTrial: (trial: Trial) => void = () => undefined
): Promise<Trials> {
  const trials: Trial[] = []
  for (const assumption of assumptions) {
    const trial = await tryOne(account, assumption)
    trials.push(trial)
    onTrial(trial)
  }
  return { trials, left: await account.removeAll() }
}

async function tryOne(account: Account, assumption: Assumption): Promise<Trial> {
  if (account.isStopped) return { assumption, state: 'not tried', detail: 'the command was stopped' }
  try {
    const verdict = await assumption.run(account)
    if (verdict === AS_ASSUMED) return { assumption, state: AS_ASSUMED, detail: '' }
    return { assumption, state: 'otherwise', detail: verdict }
  } catch (thrown) {
    if (thrown instanceof Stopped)
      return { assumption, state: 'not tried', detail: 'the command was stopped' }
    const detail = thrown instanceof Error ? thrown.message : 'failed'
    return { assumption, state: thrown instanceof NotTried ? 'not tried' : 'otherwise', detail }
  }
}
