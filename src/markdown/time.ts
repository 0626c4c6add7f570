/** An ISO instant in UTC. */
export const INSTANT = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z)/

const PARTS = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/

/** Formats an ISO instant for people, to the minute: `2026-01-02 03:04 UTC`. Any other text stays as it is. */
export function formatTime(instant: string): string {
  const match = PARTS.exec(instant)
  return match === null ? instant : `${match[1]} ${match[2]} UTC`
}
