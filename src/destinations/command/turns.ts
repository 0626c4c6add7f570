/** Runs a task when every task before it has ended. */
export type InTurn = <T>(task: () => Promise<T>) => Promise<T>

/** Makes a queue: two commands that change the same files, such as a git repository, would break each other. */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const own = last.then(task)
    last = own.catch(() => undefined)
    return own
  }
}
