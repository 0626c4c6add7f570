import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { IN_PLACE, SINGLE_TOKEN, TWO_SLOTS, withD1, withoutLock } from '../../simulation/configurations.ts'
import { ACCESS, BOOTSTRAP } from '../../simulation/world.ts'

/** Size limit of a configuration, in bytes. */
export const LIMIT = 256 * 1024

/** Valid configurations. */
export const RIGHT = [
  BOOTSTRAP,
  ACCESS,
  TWO_SLOTS,
  IN_PLACE,
  SINGLE_TOKEN,
  withD1(BOOTSTRAP),
  withoutLock(ACCESS)
]

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '',
  ' ',
  'ttl',
  'type',
  'name',
  'every',
  'secrets',
  'value',
  'primary',
  '0',
  '<<',
  'null',
  '\u0000',
  '\ud800'
]

/** Scalars with a special meaning in YAML, in JavaScript, or to a careless check. */
const SCALARS = [
  ...[0, -0, -1, 1, 1.5, NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER, 1e308, true, false, null],
  ...['', ' ', '0s', '-1h', '1e3h', '999999999d', '9999999999d', '1h\n', ' 1h', '1h ', '١h', 'NaN', '.inf'],
  ...['__proto__', 'constructor', 'GITHUB_TOKEN', 'A\nB', 'A=B', '$(id)', '${PATH}', '../../etc/passwd'],
  ...['a'.repeat(33), 'A'.repeat(5000), '\u0000', '\u001b[31m', '::set-output name=x::y', '##[error]x'],
  ...['octo-org/ops/x', '/ops', 'octo-org/..', 'https://', 'https://user:pass@host/', 'file:///etc/passwd']
]

const hostileScalar = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...SCALARS) },
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.double(),
  fc.date().map((date) => (Number.isNaN(date.getTime()) ? 'no date' : date))
)

/** Any tree of mappings, lists and scalars. */
export const hostileTree: fc.Arbitrary<unknown> = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    hostileScalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 10 })), tie('tree')), {
        maxLength: 4
      })
      .map((entries) => new Map(entries))
  )
})).tree

/** A place in a tree, and what happens to it. */
interface Mutation {
  readonly at: number
  readonly how: 'replace' | 'remove' | 'add' | 'wrap' | 'repeat'
  readonly key: string
  readonly value: unknown
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 1000 }),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'wrap', 'repeat'),
  key: fc.constantFrom(...KEYS),
  value: fc.oneof({ weight: 4, arbitrary: hostileScalar }, hostileTree)
})

/** A valid configuration with one to three changed values. */
export const mutatedTree: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...RIGHT), fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([text, mutations]) => {
    const root: unknown = parse(text)
    for (const one of mutations) mutate(root, one)
    return dump(root)
  })

/** A valid configuration with deleted or inserted text. */
export const mutatedText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...RIGHT),
    fc.array(
      fc.record({
        at: fc.nat({ max: 2000 }),
        removed: fc.nat({ max: 12 }),
        put: fc.oneof(
          fc.constantFrom(': ', '- ', '\t', '&a ', '*a', '!!', '!!binary ', '|', '>', '{', '}', '[', '"'),
          fc.constantFrom("'", '#', '%', '---\n', '...\n', '\n', '\u0000', '\ufeff', '<<: ', '? ', '@', '`'),
          fc.string({ unit: 'binary', maxLength: 6 })
        )
      }),
      { minLength: 1, maxLength: 4 }
    )
  )
  .map(([text, edits]) =>
    edits.reduce((now, { at, removed, put }) => {
      const place = at % (now.length + 1)
      return now.slice(0, place) + put + now.slice(place + removed)
    }, text)
  )

/** Texts of valid configurations with alternatives that are not wrong in themselves. */
const ALTERNATIVES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/24h/g, ['0s', '1s', '1m', '999999999s', '10000d']],
  [/30d/g, ['1s', '99999d']],
  [/8760h/g, ['1h', '999999999h', 'forever']],
  [/8f7a1cdced6342c18d223ece462fd88d/g, ['0'.repeat(31) + 'a', '023e105f4ecef8ad9ca31a8372d0c353']],
  [/023e105f4ecef8ad9ca31a8372d0c353/g, ['f'.repeat(32)]],
  [/0f2ac74b498b48028cb68387c421e279/g, ['a'.repeat(32)]],
  [/environment: \w+/g, ['environment: nowhere', 'environment: ../../actions', 'environment: "a/b?c#d"']],
  [/repository: octo-org\/ops/g, ['repository: octo-org/other', 'repository: a/..', 'repository: -/.']],
  [/ {8}environment: \w+\n/g, ['']],
  [/PRIMARY_/g, ['SECONDARY_PRIMARY_', '_']],
  [/SECONDARY_/g, ['CLOUDFLARE_']],
  [/PRIMARY_SECRET_EDIT_TOKEN/g, ['PRIMARY_TOKEN_CREATION', 'CLOUDFLARE_API_TOKEN', 'PATH']],
  [/, secondary: \w+/g, ['']],
  [/can: tokens/g, ['can: secrets']],
  [/can: secrets/g, ['can: tokens']],
  [/ {8}verify:\n( {10}- .*\n)+/g, ['']],
  [/name: [a-z-]+/g, ['name: "0"']],
  [/expect: 200/g, ['expect: 599', 'expect: { json: { __proto__: 1 } }', 'expect: [100, 404]']],
  [/\/api\/v2\/session\/info/g, ['', '/..//%00', '?${R2_EXPLORER_ACCESS_CLIENT_ID}', '@example.com/']],
  [/r2 share worker \w+ /g, ['false ', 'r2 share worker list ']],
  [/type: kv/g, ['ttl: 1m\n  type: kv']],
  [/$/g, ['alert: { type: none }\n', 'alert: { type: issue, labels: ["a,b", "\u0000"] }\n']],
  [/$/g, ['    revoke: { after: next-rotation }\n', '    revoke: { in-use: ignore }\n']]
]

/** Each valid configuration with each alternative that applies to it. */
export const OTHER: readonly string[] = RIGHT.flatMap((text) =>
  ALTERNATIVES.flatMap(([pattern, others]) =>
    others.map((other) => text.replace(pattern, () => other)).filter((changed) => changed !== text)
  )
)

/** A valid configuration with one to three alternatives, which is mostly accepted. */
export const otherTree: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...RIGHT),
    fc.array(fc.tuple(fc.nat({ max: ALTERNATIVES.length - 1 }), fc.nat({ max: 5 })), {
      minLength: 1,
      maxLength: 3
    })
  )
  .map(([text, choices]) =>
    choices.reduce((now, [which, choice]) => {
      const [pattern, others] = ALTERNATIVES[which]!
      return now.replace(pattern, () => others[choice % others.length]!)
    }, text)
  )

/** Any bytes of a file, read as UTF-8. */
export const anyBytes: fc.Arbitrary<string> = fc
  .uint8Array({ maxLength: 2000 })
  .map((bytes) => Buffer.from(bytes).toString('utf8'))

/** Any tree as YAML. */
export const anyYaml: fc.Arbitrary<string> = hostileTree.map(dump)

/** Texts that are known to be hard for parsers, each within the limit. */
export const HARD: Readonly<Record<string, string>> = {
  'unclosed lists inside each other': '['.repeat(LIMIT / 4),
  'closed lists inside each other': '['.repeat(LIMIT / 8) + ']'.repeat(LIMIT / 8),
  'mappings inside each other': '{a: '.repeat(LIMIT / 16),
  'lists of lists in block style': '- '.repeat(LIMIT / 8),
  'a few thousand lists inside each other': `a: ${'['.repeat(3_000)}${']'.repeat(3_000)}`,
  'a deep value where any value is allowed': BOOTSTRAP.replace(
    'verify:\n          - can: tokens',
    `permissions: [{ groups: [x], resources: { a: ${'['.repeat(2_000)}${']'.repeat(2_000)} } }]\n        verify:\n          - can: tokens`
  ),
  'aliases of aliases': bomb(12, 9),
  'one anchor, many aliases': `a: &a x\nb: [${'*a,'.repeat(LIMIT / 16)}]`,
  'an alias of itself': 'a: &a [*a]',
  'an alias that merges itself': 'a: &a { <<: *a }',
  'an unknown anchor': 'a: *b',
  'one scalar': 'a'.repeat(LIMIT),
  'one quoted scalar': `"${'\\u0000'.repeat(LIMIT / 6 - 1)}"`,
  'a block scalar': `version: |\n${'  x\n'.repeat(LIMIT / 4 - 4)}`,
  'many keys': Array.from({ length: 20_000 }, (_, at) => `k${at}: 0`).join('\n'),
  'the same key': 'version: 1\n'.repeat(20_000),
  'many documents': '---\n'.repeat(LIMIT / 16),
  'many comments': '#\n'.repeat(LIMIT / 8),
  'many tags': '!<tag:x> '.repeat(LIMIT / 9),
  'only quotes': '"'.repeat(LIMIT / 4),
  'only colons': ':'.repeat(LIMIT),
  'only question marks': '? '.repeat(LIMIT / 8),
  'only tabs': '\t'.repeat(LIMIT),
  'only ampersands': '&'.repeat(LIMIT),
  'many rotations': BOOTSTRAP + BOOTSTRAP.slice(BOOTSTRAP.indexOf('  - name')).repeat(150),
  'a long name': BOOTSTRAP.replace('name: bootstrap', `name: ${'a'.repeat(200_000)}`),
  'a long secret name': BOOTSTRAP.replaceAll('PRIMARY_SECRET_EDIT_TOKEN', `A${'_'.repeat(60_000)}!`),
  'a long URL': ACCESS.replace('/api/v2/session/info', '${A}'.repeat(50_000)),
  'a long mail address': `${BOOTSTRAP}alert: { type: email, from: a@${'a.'.repeat(60_000)}!, to: b@c.d }`,
  prototypes: `__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }\n${BOOTSTRAP}`,
  'a prototype deep inside': BOOTSTRAP.replace('auth:', 'auth:\n  __proto__: { polluted: [x] }'),
  tags: '!!js/function "x"\n---\n!!python/object:os.system x',
  'a set': '!!set { version, rotations }',
  'an ordered map': '!!omap [version: 1]',
  binary: 'version: !!binary AAAA',
  dates: 'version: 2026-01-01T00:00:00Z\naccount-id: !!timestamp 2026-01-01',
  numbers: 'version: .nan\naccount-id: .inf\nrotations: -.inf',
  'huge numbers': `version: ${'9'.repeat(200_000)}\naccount-id: 0x${'f'.repeat(20_000)}`,
  'control characters': 'version: \u0001\u0002\u0007\u001b[2J\u009b\u2028',
  'a byte order mark in the middle': 'version: 1\n\ufeffaccount-id: x',
  'an empty text': '',
  null: 'null',
  directives: '%YAML 9.9\n%TAG ! tag:evil,2026:\n---\nversion: 1',
  'a complex key': '? [a, {b: c}]\n: x\n? {d: e}\n: y'
}

/** Aliases of aliases that expand to more than memory holds. */
function bomb(levels: number, width: number): string {
  const lines = [`a0: &a0 [${Array.from({ length: width }, () => 'x').join(',')}]`]
  for (let level = 1; level < levels; level++)
    lines.push(`a${level}: &a${level} [${Array.from({ length: width }, () => `*a${level - 1}`).join(',')}]`)
  return lines.join('\n')
}

function dump(tree: unknown): string {
  return stringify(tree, { aliasDuplicateObjects: false })
}

interface Place {
  readonly holder: Record<string, unknown> | unknown[]
  readonly key: string | number
}

function placesOf(node: unknown): readonly Place[] {
  if (typeof node !== 'object' || node === null) return []
  const holder = node as Record<string, unknown> | unknown[]
  const keys = Array.isArray(holder) ? [...holder.keys()] : Object.keys(holder)
  return keys.flatMap((key) => [{ holder, key }, ...placesOf(read({ holder, key }))])
}

function read({ holder, key }: Place): unknown {
  return (holder as Record<string | number, unknown>)[key]
}

function mutate(root: unknown, { at, how, key, value }: Mutation): void {
  const places = placesOf(root)
  const place = places[at % places.length]
  if (place === undefined) return
  const { holder } = place
  const put = (name: string | number, what: unknown): void => {
    // An assignment would not create a key such as __proto__.
    Object.defineProperty(holder, name, {
      value: what,
      enumerable: true,
      configurable: true,
      writable: true
    })
  }
  if (how === 'replace') put(place.key, value)
  else if (how === 'wrap') put(place.key, [read(place)])
  else if (Array.isArray(holder)) {
    if (how === 'remove') holder.splice(Number(place.key), 1)
    else holder.push(how === 'add' ? value : structuredClone(read(place)))
  } else if (how === 'remove') Reflect.deleteProperty(holder, place.key)
  else put(key, how === 'add' ? value : read(place))
}
