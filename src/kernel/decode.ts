/**
 * Decoded form of a text, with the position of each of its characters in the original. What is found in the form can thus be removed from the
 * original.
 */
export interface View {
  readonly text: string
  /** For each character, the start of its source in the original. */
  readonly from: Uint32Array
  /** For each character, the end of its source in the original. */
  readonly to: Uint32Array
}

const ESCAPE = String.fromCharCode(0x1b)
const BELL = String.fromCharCode(0x07)
/** Text that a terminal takes for a command, e.g. the target of a link (ECMA-48, OSC). */
const TERMINAL_STRINGS = new RegExp(`${ESCAPE}\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?`, 'g')
/** Colours and other control sequences (ECMA-48, CSI), white space, control characters, and characters without a width. */
const INVISIBLE = new RegExp(
  `${ESCAPE}\\[[0-?]*[ -/]*[@-~]|[\\s\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800]+`,
  'gu'
)
/** Escaped character: percent, `\u`, `\x`, `\"` and HTML escapes. */
const ESCAPED =
  /%([0-9a-f]{2})|\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#x([0-9a-f]{1,6});?|&#(\d{1,7});?|&(amp|lt|gt|quot|apos);|\\(["'`\\/$]|[nrtbf])/gi
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
/** Separators between the bytes of a hexadecimal dump. */
const BETWEEN_BYTES = /0x|[-:.,;_|]+/g
/** How many times escapes are decoded, for nested escapes. */
const MAX_ROUNDS = 4

/** Removes invisible characters: white space, control sequences, characters without a width. */
export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '')
}

/** Decodes a text into every form in which a value that was broken up or escaped is readable. */
export function decodeAll(text: string): readonly View[] {
  const whole = viewOf(text)
  const views: View[] = []
  for (const root of new Set([whole, rewrite(whole, TERMINAL_STRINGS, () => '')])) {
    let view = rewrite(root, INVISIBLE, () => '')
    views.push(view)
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const decoded = rewrite(view, ESCAPED, decode)
      if (decoded === view) break
      view = rewrite(decoded, INVISIBLE, () => '')
      views.push(view)
    }
  }
  return views
}

/** Joins the bytes of a hexadecimal dump, in lower case. */
export function joinBytes(view: View): View {
  const joined = rewrite(view, BETWEEN_BYTES, () => '')
  // Some letters become longer in lower case, which would shift the positions of all that follow.
  return { ...joined, text: joined.text.replace(/[A-F]+/g, (digits) => digits.toLowerCase()) }
}

function viewOf(text: string): View {
  const from = new Uint32Array(text.length)
  const to = new Uint32Array(text.length)
  for (let index = 0; index < text.length; index++) {
    from[index] = index
    to[index] = index + 1
  }
  return { text, from, to }
}

/** Replaces every match of a pattern by something that is not longer; returns the same view where nothing matches. */
function rewrite(view: View, pattern: RegExp, replace: (match: RegExpExecArray) => string): View {
  const { text, from, to } = view
  const matches = text.matchAll(pattern)
  let match = matches.next()
  if (match.done === true) return view
  const pieces: string[] = []
  const newFrom = new Uint32Array(text.length)
  const newTo = new Uint32Array(text.length)
  let length = 0
  let done = 0
  const copy = (end: number): void => {
    pieces.push(text.slice(done, end))
    newFrom.set(from.subarray(done, end), length)
    newTo.set(to.subarray(done, end), length)
    length += end - done
  }
  for (; match.done !== true; match = matches.next()) {
    const { index, 0: found } = match.value
    copy(index)
    done = index + found.length
    const replacement = replace(match.value)
    pieces.push(replacement)
    newFrom.fill(from[index]!, length, length + replacement.length)
    newTo.fill(to[done - 1]!, length, length + replacement.length)
    length += replacement.length
  }
  copy(text.length)
  return { text: pieces.join(''), from: newFrom.subarray(0, length), to: newTo.subarray(0, length) }
}

function decode([
  whole,
  percent,
  braced,
  unicode,
  byte,
  hexEntity,
  entity,
  named,
  quoted
]: RegExpExecArray): string {
  const digits = percent ?? braced ?? unicode ?? byte ?? hexEntity
  const point =
    digits !== undefined ? parseInt(digits, 16) : entity !== undefined ? Number(entity) : undefined
  if (point !== undefined) return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  if (named !== undefined) return NAMED[named.toLowerCase()] ?? whole
  // White space is not searched.
  return quoted === undefined || /[a-z]/i.test(quoted) ? '' : quoted
}
