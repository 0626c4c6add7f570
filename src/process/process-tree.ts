import { readdirSync, readFileSync } from 'node:fs'

/** Processes of a command. */
export interface ProcessTree {
  /** The process that was started. It leads a process group and a session. */
  readonly pid: number
  /** A variable of its environment that no other process has, as `NAME=value`. */
  readonly mark: string
}

/** Number of searches for processes that start while others are ended. */
const MAX_SWEEPS = 5

/**
 * Ends a process group and, on Linux, processes that left it: its descendants, and every process with its mark. A process with an environment of
 * its own that is in neither group keeps running.
 */
export function endProcesses(tree: ProcessTree): void {
  const found = new Set<number>()
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    const members = findMembers(tree).filter((pid) => !found.has(pid))
    if (sweep === 0) kill(-tree.pid)
    else if (members.length === 0) return
    for (const pid of members) {
      found.add(pid)
      kill(pid)
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has already ended.
  }
}

function findMembers({ pid: root, mark }: ProcessTree): readonly number[] {
  if (process.platform !== 'linux') return []
  const processes = listProcesses()
  const members = new Set([root])
  // A parent may come after its children in the list.
  for (let before = 0; before < members.size;) {
    before = members.size
    for (const { pid, parent, session } of processes)
      if (members.has(parent) || session === root) members.add(pid)
  }
  for (const { pid } of processes) if (hasMark(pid, mark)) members.add(pid)
  members.delete(root)
  members.delete(process.pid)
  return [...members]
}

interface ListedProcess {
  readonly pid: number
  readonly parent: number
  readonly session: number
}

function listProcesses(): readonly ListedProcess[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return []
    // Fields after the name, which may contain anything: state, parent, process group, session (proc_pid_stat(5)).
    const [, parent, , session] = (read(`/proc/${entry}/stat`).split(') ').at(-1) ?? '').split(' ')
    return [{ pid: Number(entry), parent: Number(parent), session: Number(session) }]
  })
}

function hasMark(pid: number, mark: string): boolean {
  return read(`/proc/${pid}/environ`).split('\0').includes(mark)
}

/** Empty where the process has ended or belongs to another user. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
