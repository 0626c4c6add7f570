/** Values of environment variables, and what messages say of them. Values themselves are never shown. */

/** No credential of Cloudflare is shorter; a dummy that stands for "not set" is. */
export const SHORTEST_CREDENTIAL = 16

/** The answer of {@link findBadCharacter} to a value with several lines. */
export const LINE_BREAK = 'a line break'

/** Reads an environment variable of the step. */
export type ReadVariable = (name: string) => string | undefined

/** Tells whether a value is too short for a credential, such as the well-known dummy `1`. */
export function isPlaceholder(value: string): boolean {
  return value !== '' && value.trim().length < SHORTEST_CREDENTIAL
}

/** Names the character because of which a value cannot be sent as a token; undefined when there is none. White space around a value is harmless. */
export function findBadCharacter(value: string): string | undefined {
  const text = value.trim()
  if (/[\r\n]/.test(text)) return LINE_BREAK
  if (/\s/.test(text)) return 'a space'
  return /^[!-~]*$/.test(text) ? undefined : 'a character that no token has'
}

/** Says of a variable that is missing which line to add to the step. */
export function describeMissing(name: string): string {
  return `the environment variable ${name} is not set or empty: give it to the step in \`env\`, e.g. \`${name}: \${{ secrets.${name} }}\``
}
