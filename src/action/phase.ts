import { appendFileSync } from 'node:fs'

/** Name of the state by which `post` knows that it is not main. */
const STATE = 'isPost'

/**
 * Tells `post` from main, which the runner starts with the same file: main saves the id of its run as state, and the runner gives that to `post`.
 * Any other value, e.g. from `env` of a workflow, does not count, so that it cannot keep main from running. Code that runs earlier in the
 * same job could form the right value, but it could change the action's files too.
 */
export function isPost(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[`STATE_${STATE}`] === formRun(env)
}

/**
 * Saves the state that makes the next process of this step `post`. Main calls it before anything else, and once more at its end, since a command
 * of a probe may have overwritten the state in between. Where the file cannot be written, the runner is told by its older command: without the
 * state, `post` would do main's work again.
 */
export function announcePost(env: NodeJS.ProcessEnv = process.env): void {
  try {
    appendFileSync(env['GITHUB_STATE'] ?? '', `${STATE}<<_\n${formRun(env)}\n_\n`)
  } catch {
    console.log(`::save-state name=${STATE}::${formRun(env)}`)
  }
}

/** The runner sets both variables itself; nothing in a job can change them. */
function formRun(env: NodeJS.ProcessEnv): string {
  return `${env['GITHUB_RUN_ID'] ?? ''}.${env['GITHUB_RUN_ATTEMPT'] ?? ''}`
}
