import { describe, it, expect } from '@jest/globals'
import { accessPermissions } from '../../sandbox/seed-access.ts'
import { explainAnswer, explainNetworkError, type Explanation } from '../../src/probes/explain.ts'
import { listFiles, read } from './repository.ts'

const guide = read('docs/operators-guide.md')

/** The rows of the table that says what a probe saw, as the texts in its first column and whether it proves an old pair dead. */
const rows = guide
  .slice(guide.indexOf('## When a probe fails'), guide.indexOf('## When the old one'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    return { seen: [...cells[1]!.matchAll(/`([^`]+)`/g)].map(([, text]) => text!), dead: cells.at(-2) }
  })

function answer(status: number, body = '', headers: Record<string, string> = {}): Explanation {
  return explainAnswer({ status, body, headers: new Headers(headers) })
}

function silence(code: string | undefined, timedOut = false): Explanation {
  return explainNetworkError(Object.assign(new Error('x'), code === undefined ? {} : { code }), {
    timedOut,
    timeoutMs: 10_000
  })
}

/** One answer for each thing that the explanation of a probe tells apart. */
const explanations: readonly Explanation[] = [
  answer(401, '{"error":"access_required"}'),
  answer(403, '{"error":"access_required"}'),
  answer(401, '{"error":"token_invalid_signature"}'),
  answer(401, '{"error":"token_claim_mismatch"}'),
  answer(403, '{"error":"insufficient_scope"}'),
  answer(401),
  answer(403),
  answer(302, '', { location: 'https://team.cloudflareaccess.com/cdn-cgi/access/login/x' }),
  answer(302, '', { location: '/elsewhere' }),
  answer(403, 'error code: 1010'),
  answer(403, '', { 'cf-mitigated': 'challenge' }),
  answer(500),
  answer(404),
  silence(undefined, true),
  silence('ENOTFOUND'),
  silence('CERT_HAS_EXPIRED'),
  silence('ECONNREFUSED')
]

/** With the codes of systems left out, as the guide does for some. */
const withoutCode = (text: string): string => text.replace(/\([A-Z_]+\)/, '(…)')

describe("the operator's guide", () => {
  it.each(explanations)(
    'has a row for "$meaning", and says rightly what it proves',
    ({ meaning, verdict }) => {
      const row = rows.find(({ seen }) => seen.includes(meaning) || seen.includes(withoutCode(meaning)))
      expect(row).toBeDefined()
      const proves = verdict === 'unauthenticated' || verdict === 'forbidden'
      expect(row?.dead).toBe(proves ? 'yes' : 'no')
    }
  )

  it('has a row for every code that is known', () => {
    const codes = [...read('src/probes/explain.ts').matchAll(/^ {4}code: '(\w+)'/gm)].map(([, code]) => code!)
    expect(codes.length).toBeGreaterThan(3)
    const seen = rows.flatMap((row) => row.seen).join(' ')
    expect(codes.filter((code) => !seen.includes(code))).toEqual([])
  })

  it('names what the Cloudflare token must be allowed', () => {
    for (const name of accessPermissions) expect(guide).toContain(`| ${name.replace(/ Write$/, ' Edit')}`)
  })

  it('has a row for what is kept and why', () => {
    const sources = listFiles(/^src\/rotation\/(plan|apply)\//).map(read)
    for (const [said, shown] of Object.entries(KEPT)) {
      expect(sources.some((source) => source.includes(said))).toBe(true)
      expect(guide).toContain(shown)
    }
  })
})

/** Words of the sources that say why something is kept, and how the guide shows them. */
const KEPT: Readonly<Record<string, string>> = {
  'after its successor was promoted: some consumer still holds it':
    '`it was used at …, after its successor was promoted: some consumer still holds it`',
  'may still hold it`': '`workflow run … may still hold it`',
  'it could not be found out which workflow runs may still hold it':
    '`it could not be found out which workflow runs may still hold it (…)`',
  '`revoke.after` is `next-rotation`': '`` `revoke.after` is `next-rotation` ``',
  'it is kept until the next rotation': '`it is kept until the next rotation`',
  '`revoke.after` is `never`': '`` `revoke.after` is `never` ``',
  'and may still be at work': '`run … made it at … and may still be at work`',
  'does not prove it dead': '`probe "…" does not prove it dead: …`',
  'it could not be disabled': '`it could not be disabled (…)`',
  'it is switched off, but could not be deleted': '`it is switched off, but could not be deleted (…)`'
}

describe('what a command sees', () => {
  it('is described as it is kept from it', () => {
    const source = read('src/action/run-command.ts')
    const pattern = /^const PRIVATE = \/\^\(([A-Z_|]+)\)\|\^GITHUB_\(([A-Z_|]+)\)\$\/i$/m.exec(source)
    expect(pattern).not.toBeNull()
    const [, prefixes = '', files = ''] = pattern!
    const described = read('docs/security.md')
    for (const prefix of prefixes.split('|')) expect(described).toContain(`\`${prefix}…\``)
    for (const file of files.split('|')) expect(described).toContain(`\`GITHUB_${file}\``)
  })
})
