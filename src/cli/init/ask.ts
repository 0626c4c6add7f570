import { cancel, confirm, multiselect, password, select, text } from '@clack/prompts'
import { keysOf } from './choices.ts'

/** Question that was not answered: Ctrl-C, or Escape. */
export class NotAnswered extends Error {
  override readonly name = 'NotAnswered'
}

/** Asks a person. @throws NotAnswered when a question is left */
export interface Ask {
  secret(message: string): Promise<string>
  text(message: string, placeholder?: string): Promise<string>
  choose<T extends string>(message: string, options: Readonly<Record<T, string>>): Promise<T>
  several<T extends string>(message: string, options: Readonly<Record<T, string>>): Promise<readonly T[]>
  confirm(message: string): Promise<boolean>
}

/** Asks in the terminal. */
export const askInTerminal: Ask = {
  secret: (message) => answered<string>(password({ message, validate: required })),
  text: (message, placeholder = '') =>
    answered<string>(
      text({
        message,
        placeholder,
        defaultValue: placeholder,
        validate: placeholder === '' ? required : () => undefined
      })
    ),
  choose: async (message, options) => {
    const keys = keysOf(options)
    const chosen = await answered<string>(select({ message, options: listOf(keys, options) }))
    return keys.find((key) => key === chosen) ?? stop()
  },
  several: async (message, options) => {
    const keys = keysOf(options)
    const chosen = await answered<string[]>(
      multiselect({ message: `${message} (space selects)`, options: listOf(keys, options), required: true })
    )
    return keys.filter((key) => chosen.includes(key))
  },
  confirm: (message) => answered<boolean>(confirm({ message }))
}

function listOf<T extends string>(keys: readonly T[], options: Readonly<Record<T, string>>) {
  return keys.map((key) => ({ value: String(key), label: options[key] }))
}

function required(value: string | undefined): string | undefined {
  return (value ?? '').trim() === '' ? 'An answer is needed.' : undefined
}

async function answered<T>(asked: Promise<T | symbol>): Promise<T> {
  const answer = await asked
  return typeof answer === 'symbol' ? stop() : answer
}

function stop(): never {
  cancel('Stopped.')
  throw new NotAnswered()
}
