const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined

function paint(code: number): (text: string) => string {
  return (text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
}

export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
export const green = paint(32)
export const yellow = paint(33)

/** Indents the log of a run. */
export function frame(text: string): string {
  return text
    .split('\n')
    .map((line) => `  │ ${line}`)
    .join('\n')
}
