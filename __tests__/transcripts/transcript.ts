import type { Call } from '../../sandbox/transcript.ts'
import { CALLS } from '../../simulation/calls.ts'
import type { World } from '../../simulation/world.ts'

/** How long each call takes, in milliseconds: calls that a run makes side by side begin together. */
export const LATENCY_MS = 50

/**
 * Renders the calls of a run: one call a line, with its status, and an empty line where the run waited for answers before it went on. Ids are
 * replaced with names.
 */
export function renderTranscript(world: World): string {
  const names = namesOf(world)
  const lines = world.sandbox.transcript.calls.map((call) => ({
    at: call.startedAt,
    text: render(call, names)
  }))
  return lines
    .map(({ at, text }, index) => (index > 0 && at !== lines[index - 1]!.at ? `\n${text}` : text))
    .join('\n')
}

function render(
  { api, method, path, status, operation, actor }: Call,
  names: ReadonlyMap<string, string>
): string {
  const [place = '', query = ''] = decodeURIComponent(path).split('?')
  const asked = query.split('&').filter((one) => one !== '' && !/^(page|per_page)=/.test(one))
  const target = [place, ...(asked.length === 0 ? [] : [asked.join('&')])].join('?')
  const whose = operation === CALLS.verifyToken ? ` with ${actor?.replace(/~old$/, '') ?? 'no token'}` : ''
  const named = [...names].reduce((text, [id, name]) => text.replaceAll(id, `{${name}}`), target + whose)
  return `${String(status).padEnd(4)}${api.padEnd(11)}${method.padEnd(7)}${named}`
}

/** The name of everything that has an id, by its id. */
function namesOf({ sandbox, account, automation }: World): ReadonlyMap<string, string> {
  const { tokens, access } = sandbox.cloudflare
  return new Map([
    [account.accountId, 'account'],
    [account.namespace.id, 'namespace'],
    [account.store.id, 'store'],
    ...[...account.store.secrets.values()].map(({ id, name }) => [id, name] as const),
    ...nameObjects(tokens.all),
    ...nameObjects(access.serviceTokens.all),
    ...(automation === undefined
      ? []
      : [
          [automation.reusablePolicy.id, 'reusable policy'] as const,
          [automation.appPolicy.id, 'policy of the application'] as const,
          [automation.group.id, 'group'] as const,
          [automation.application.id, 'application'] as const
        ])
  ])
}

/** Objects that a run created are numbered, by the credential that their name names; others keep the name that they were given. */
function nameObjects(
  objects: readonly { readonly id: string; readonly name: string }[]
): readonly (readonly [string, string])[] {
  const counts = new Map<string, number>()
  return objects.flatMap(({ id, name }) => {
    const [, credential] = /^rotate\/[^/]+\/[^/]+\/([^/]+)\//.exec(name) ?? []
    if (credential === undefined) return [[id, name] as const]
    const count = (counts.get(credential) ?? 0) + 1
    counts.set(credential, count)
    return [id, name.replace(/~old$/, '')].map((text) => [text, `${credential} ${count}`] as const)
  })
}
