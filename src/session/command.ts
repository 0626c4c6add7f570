/** What a run can be asked to do. */
export type Command = 'rotate' | 'plan' | 'check' | 'rollback' | 'contain'

/** Every command, in the order of the documentation. */
export const COMMANDS: readonly Command[] = ['rotate', 'plan', 'check', 'rollback', 'contain']

/** Whether a reason asks for something that a rotation does not do, and `contain` does. */
export function meansContain(command: Command, reason: string): boolean {
  return command === 'rotate' && reason.toLowerCase() === 'exposure'
}
