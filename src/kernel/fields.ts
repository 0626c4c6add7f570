/** Fields of the configuration that several parts of it share, each with one message for every way in which a value can be wrong. */
import * as v from 'valibot'

/** A hundred years: what is longer is a typing error, and soon not a date; in milliseconds. */
const MAX_LIFETIME_MS = 36_500 * 86_400_000

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** `90s`, `5m`, `2h`, `30d`: a whole number above zero and a unit. */
const DURATION_PATTERN = /^[1-9]\d{0,8}[smhd]$/

/** Adds the description that editors and the documentation show. */
export function described<const S extends v.GenericSchema>(schema: S, description: string) {
  return v.pipe(schema, v.description(description))
}

/** A text that is not empty. @param what the end of the sentence `must be …` */
export function text(what: string) {
  return v.pipe(v.string(`must be ${what}`), v.trim(), v.nonEmpty(`must be ${what}`))
}

/** A text that matches a pattern. @param what the end of the sentence `must be …` */
export function matching(pattern: RegExp, what: string) {
  return v.pipe(v.string(`must be ${what}`), v.regex(pattern, `must be ${what}`))
}

/** An id of Cloudflare. @param what the end of the sentence `must be …` */
export function hexId(what: string) {
  return matching(/^[0-9a-f]{32}$/, `${what}: 32 hexadecimal characters (in quotes if they are all digits)`)
}

/** The name of a rotation or of a credential. */
export const name = matching(
  /^[a-z0-9][a-z0-9-]{0,31}$/,
  'a name: 1 to 32 of a-z, 0-9 and -, not beginning with -'
)

/** The name of a secret, which is the name of an environment variable at once. */
export const variable = v.pipe(
  matching(/^[A-Z_][A-Z0-9_]*$/, 'the name of a secret: A-Z, 0-9 and _, not beginning with a digit'),
  v.check(
    (value) => !value.startsWith('GITHUB_'),
    'must not begin with GITHUB_, which GitHub keeps for itself'
  )
)

/** A length of time such as `30d`; its output is milliseconds. */
export const duration = v.pipe(
  matching(DURATION_PATTERN, 'a duration such as 90s, 5m, 2h or 30d'),
  v.transform(parseDuration)
)

/** A length of time that a credential may live for. */
export const lifetime = v.pipe(
  duration,
  v.check((ms) => ms <= MAX_LIFETIME_MS, 'must be at most 36500d')
)

/** A GitHub repository as `owner/name`. */
export const repository = matching(
  /^[A-Za-z0-9-]+\/(?!\.{1,2}$)[A-Za-z0-9._-]+$/,
  'a repository as owner/name'
)

/** The secret names of a credential's field: of its single slot, or of each of the two. */
export const slots = v.union(
  [
    v.strictObject({ primary: variable, secondary: v.optional(variable) }),
    v.pipe(
      variable,
      v.transform((primary): { primary: string; secondary?: string } => ({ primary }))
    )
  ],
  'must be the name of a secret, or { primary: NAME, secondary: NAME }: A-Z, 0-9 and _, not beginning with a digit or with GITHUB_'
)

/** The keys of a credential whose current value the run is not given. */
export const unknownCurrent = {
  current: described(
    v.exactOptional(v.literal('unknown', 'must be unknown, or left out')),
    'The run is not given the current value: the names in the account tell which one is current, and a promotion that fails goes forward. One slot only.'
  ),
  adopt: described(
    v.exactOptional(
      matching(
        /^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
        'the id of the token in use (in quotes if it is all digits)'
      )
    ),
    'With `current: unknown`: the id of the token in use, whose permissions the first rotation copies and which it revokes.'
  )
}

/** Variables of a command's environment. */
export function commandEnvAs(description: string) {
  return described(
    v.optional(
      v.record(
        matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'),
        v.string('must be a text'),
        'must be a mapping of variables to texts'
      ),
      {}
    ),
    description
  )
}

/** Variables of the environment of a command that is run with new values. */
export const commandEnv = commandEnvAs(
  'More variables of its environment; `${NAME}` is the new value of a secret name, or the environment variable NAME.'
)

/** The names under which a destination holds variables. */
export const names = described(
  v.optional(
    v.record(
      variable,
      v.nullable(
        v.union(
          [
            v.string(),
            v.pipe(
              v.array(v.string('must be a name')),
              v.minLength(1, 'must hold at least one name, or be null')
            )
          ],
          'must be a name, a list of names, or null'
        )
      ),
      'must be a mapping of secret names to the names here'
    )
  ),
  'The names here, by secret name: one, a list, or null where it is not written; left out, the same name.'
)

/** The secret names of a pair that is kept in one secret. @param fields the two fields of the pair */
export function pairOf(fields: readonly [string, string]) {
  const [one, other] = fields
  const key = text('a key')
  const sameNames = { [one]: one, [other]: other }
  return v.pipe(
    v.strictObject({
      primary: variable,
      secondary: v.optional(variable),
      format: described(
        v.picklist(['json', 'env'], 'must be json or env'),
        '`json`: an object. `env`: lines of `NAME=value`, with `keys`.'
      ),
      keys: described(
        v.optional(v.strictObject({ [one]: key, [other]: key })),
        'The key of each field in the text; left out, the name of the field.'
      )
    }),
    v.check(
      ({ format, keys = {} }) => format === 'json' || fields.every((field) => isVariable(keys[field] ?? '')),
      'must have keys that are names of variables with format env'
    ),
    v.check(({ keys = sameNames }) => keys[one] !== keys[other], 'must have two different keys'),
    v.transform(({ format, keys = sameNames, ...slots }) => ({ ...slots, pair: { format, keys } }))
  )
}

function isVariable(key: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key)
}

function parseDuration(duration: string): number {
  return Number(duration.slice(0, -1)) * UNITS[duration.slice(-1)]!
}

/** A day or an instant, whose output is milliseconds since the epoch. */
export function date(description: string) {
  return v.pipe(
    described(
      matching(/^\d{4}-\d\d-\d\d(T[0-9:.]+(Z|[+-]\d\d:\d\d))?$/, 'a date such as 2027-03-01'),
      description
    ),
    v.check(isDate, 'must be a date such as 2027-03-01'),
    v.transform((text) => Date.parse(text))
  )
}

/** JavaScript takes the 31st of February for the 3rd of March. */
function isDate(text: string): boolean {
  const day = text.slice(0, 10)
  return !Number.isNaN(Date.parse(text)) && new Date(Date.parse(day)).toISOString().startsWith(day)
}
