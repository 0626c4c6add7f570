const VARIABLE = /\$\{([A-Z_][A-Z0-9_]*)\}/g

/** The variables that a text names as `${NAME}`. */
export function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].map((match) => match[1]!)
}

/** Puts values in the place of `${NAME}`. @param valueOf answers the value of a name that the configuration check found to be set */
export function fillIn(text: string, valueOf: (name: string) => string): string {
  return text.replace(VARIABLE, (_, name: string) => valueOf(name))
}
