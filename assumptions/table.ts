import type { Trial, Trials } from './try-all.ts'

/** One line of the table, and below it what is otherwise or why it was not tried. */
export function formatTrial({ assumption, state, detail }: Trial, width: number): string {
  const { id, source, says } = assumption
  const line = `${state.padEnd(10)}  ${source.padEnd(5)}  ${id.padEnd(width)}  ${says}`
  return detail === '' ? line : `${line}\n${' '.repeat(19)}${detail}`
}

/** What stands below the table: how many are as assumed, and what could not be removed. */
export function formatEnd({ trials, left }: Trials): string {
  const count = (state: Trial['state']): number => trials.filter((trial) => trial.state === state).length
  const counts = `${count('as assumed')} as assumed, ${count('otherwise')} otherwise, ${count('not tried')} not tried.`
  if (left.length === 0) return `${counts}\nEverything that was made is removed.`
  return [counts, 'Could not be removed; remove it by hand:', ...left.map((label) => `  ${label}`)].join('\n')
}
