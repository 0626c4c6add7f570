import { writeSummary } from '../src/action/report/summary.ts'
import { objectNames, secretValues } from './credentials.ts'
import type { Violation } from './invariants.ts'
import type { World, WorldRun } from './world.ts'

/** Texts of a run that people can read, besides those in the world. */
export interface RunTexts {
  readonly log: readonly string[]
  /** Absent where the process was killed. */
  readonly run?: WorldRun
}

/** Finds violations of I5: places that show a secret value that ever existed, plain or in another form. */
export function findLeaks(world: World, { log, run }: RunTexts): readonly Violation[] {
  const texts = { ...publicTexts(world), log: log.join('\n'), ...(run === undefined ? {} : textsOf(run)) }
  const secrets = secretsOf(world)
  return Object.entries(texts).flatMap(([where, text]) =>
    secrets.some((secret) => formsOf(secret).some((form) => text.includes(form)))
      ? [{ invariant: 'I5' as const, what: `I5: a secret value can be read in ${where}` }]
      : []
  )
}

function textsOf({ record, alertError }: WorldRun): Record<string, string> {
  return {
    record: JSON.stringify(record),
    summary: writeSummary(record),
    'the error of the alert': `${alertError?.message} ${alertError?.hint}`
  }
}

function publicTexts(world: World): Record<string, string> {
  const { sandbox, account } = world
  const { access, email } = sandbox.cloudflare
  return {
    issues: account.repository.issues
      .map(({ title, body, comments }) => [title, body, ...comments.map((one) => one.body)].join('\n'))
      .join('\n'),
    mails: email.sent
      .map(({ subject, text = '', html = '', headers }) =>
        [subject, text, html, JSON.stringify(headers)].join('\n')
      )
      .join('\n'),
    'names of tokens': objectNames(world).join('\n'),
    'comments of the store': [...account.store.secrets.values()].map(({ comment }) => comment).join('\n'),
    'the lock': account.namespace.keys.map((key) => account.namespace.current(key)?.value).join('\n'),
    rules: JSON.stringify(access.ruleBodies)
  }
}

function secretsOf(world: World): readonly string[] {
  const { account } = world
  return [...secretValues(world), account.githubToken.value, account.githubSecretsToken.value]
}

const known = new Map<string, readonly string[]>()
/** Most values whose forms are cached. */
const KEPT = 2_000

/**
 * Lists the forms in which a value could appear: plain, reversed, base64 at each alignment inside a longer text, base64url, hex, URI-encoded, escaped
 * as JSON.
 */
export function formsOf(value: string): readonly string[] {
  let forms = known.get(value)
  if (forms === undefined) {
    if (known.size > KEPT) known.clear()
    forms = makeForms(value)
    known.set(value, forms)
  }
  return forms
}

function makeForms(value: string): readonly string[] {
  const bytes = Buffer.from(value)
  const aligned = [0, 1, 2].map((skipped) => {
    const inner = bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3))
    return inner.toString('base64')
  })
  return [
    ...new Set([
      value,
      [...value].reverse().join(''),
      ...aligned,
      ...aligned.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1)
    ])
  ]
}
