const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What a duration looks like: `90s`, `5m`, `2h`, `30d`; a whole number above zero and a unit. */
export const DURATION_PATTERN = /^[1-9]\d{0,8}[smhd]$/

/** Parses a duration into milliseconds. @throws TypeError for a text that does not match {@link DURATION_PATTERN} */
export function parseDuration(text: string): number {
  if (!DURATION_PATTERN.test(text)) throw new TypeError(`Not a duration: ${text}`)
  return Number(text.slice(0, -1)) * UNITS[text.slice(-1)]!
}
