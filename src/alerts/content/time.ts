/** An ISO instant as people read it, to the minute: `2026-01-02 03:04 UTC`. Anything else is left as it is. */
export function formatTime(instant: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(instant)
  return match === null ? instant : `${match[1]} ${match[2]} UTC`
}
