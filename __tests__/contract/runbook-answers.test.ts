import { describe, expect, it } from '@jest/globals'
import { explainAnswer, explainNetworkError, type Explanation } from '../../src/probes/explain.ts'
import { listFiles, read } from './repository.ts'

const runbook = read('docs/runbook.md')
const chapter = runbook.slice(
  runbook.indexOf('\n## When a probe fails\n'),
  runbook.indexOf('\n## A run that does nothing\n')
)
const [rejecting = '', saying = ''] = chapter
  .split('**Answers that reject the pair.**')[1]!
  .split('**Answers that say nothing about the pair.**')

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

/** Words of the sources that say why something is kept, and how the runbook shows them. */
const KEPT: Readonly<Record<string, string>> = {
  'after its successor was promoted: a consumer still holds it':
    '`it was used at …, after its successor was promoted: a consumer still holds it`',
  'may still hold it`': '`workflow run … may still hold it`',
  'it could not be found out which workflow runs may still hold it':
    '`it could not be found out which workflow runs may still hold it (…)`',
  '`revoke.after` is `next-rotation`': '`` `revoke.after` is `next-rotation` ``',
  'it is kept until the next rotation': '`it is kept until the next rotation`',
  'and may still be running': '`run … created it at … and may still be running`',
  'does not confirm the revocation': '`probe "…" does not confirm the revocation: …`',
  'it could not be disabled': '`it could not be disabled (…)`',
  'it could not be found out whether every rule admits its successor':
    'it could not be found out whether every rule admits its successor (…)',
  'it is disabled, but could not be deleted': '`it is disabled, but could not be deleted (…)`'
}

/** The answers that begin the items of a list. */
function answersIn(list: string): readonly string[] {
  return list
    .split(/^- /m)
    .slice(1)
    .flatMap((item) => [
      ...item
        .split(/`(?: or another)?:\s/)[0]!
        .concat('`')
        .matchAll(/`([^`]+)`/g)
    ])
    .map(([, text]) => text!)
}

/** Without the codes of systems, which the runbook leaves out of some. */
const withoutCode = (text: string): string => text.replace(/\([A-Z_]+\)/, '(…)')

describe('the runbook on answers to a probe', () => {
  it.each(explanations)(
    'lists "$meaning" among the answers that reject the pair exactly where the code takes it for a rejection',
    ({ meaning, verdict }) => {
      const rejects = verdict === 'unauthenticated' || verdict === 'forbidden'
      const [listed, other] = rejects ? [rejecting, saying] : [saying, rejecting]
      const isShown = (list: string): boolean =>
        answersIn(list).some((text) => text === meaning || text === withoutCode(meaning))
      expect({ listed: isShown(listed), other: isShown(other) }).toEqual({ listed: true, other: false })
    }
  )

  it('lists every error code of a service that the code knows', () => {
    const codes = [...read('src/probes/explain.ts').matchAll(/^ {4}code: '(\w+)'/gm)].map(([, code]) => code!)
    expect(codes.length).toBeGreaterThan(3)
    const shown = answersIn(rejecting).join(' ')
    expect(codes.filter((code) => !shown.includes(code))).toEqual([])
  })
})

describe('the runbook on credentials that are kept', () => {
  const sources = listFiles(/^src\/rotation\/.*\.ts$/).map(read)
  const section = runbook.split('\n### kept\n')[1]?.split('\n##')[0] ?? ''

  it.each(Object.entries(KEPT))('lists the reason "%s" as the code says it', (said, shown) => {
    expect(sources.some((source) => source.includes(said))).toBe(true)
    expect(section).toContain(shown)
  })
})
