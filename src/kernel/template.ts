const VARIABLE = /\$\{([A-Z_][A-Z0-9_]*)\}/g

/** Lists the variables that a text names as `${NAME}`. */
export function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].flatMap(([, name]) => name ?? [])
}

/** Replaces `${NAME}` with values. @param valueOf returns the value of a name that the configuration check found to be set */
export function fillIn(text: string, valueOf: (name: string) => string): string {
  return text.replace(VARIABLE, (_, name: string) => valueOf(name))
}
