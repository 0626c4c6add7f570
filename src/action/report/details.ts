import { describeReverted, describeUnresolved } from '../../alerts/content/sections.ts'
import { listIds } from '../../alerts/content/slots.ts'
import { toInlines, type Block, type Inline, type PageBlock } from '../../markdown/document.ts'
import type { CredentialRecord, RotationRecord, RunRecord } from '../../rotation/record/schema.ts'

type Line = readonly Inline[]

/** Details of a rotation, folded away: whole ids, every write, what each probe saw, and what was revoked, kept and reverted. */
export function describeDetails(rotation: RotationRecord, { command }: RunRecord): readonly PageBlock[] {
  const { name, credentials, destinations, plan, undone, left } = rotation
  const exposed = command === 'contain'
  const blocks: readonly Block[] = [
    ...titled('Ids', [...listIds(credentials), ...(plan === null ? [] : listPlannedEnds(plan))]),
    ...destinations.flatMap(describeWrites),
    ...titled('Probes', credentials.flatMap(describeProbes)),
    ...titled(
      'Revoked and kept',
      credentials.flatMap((one) => describeEnds(one, { exposed }))
    ),
    ...titled('Reverted and unresolved', [...undone.map(describeReverted), ...left.map(describeUnresolved)])
  ]
  return blocks.length === 0 ? [] : [{ details: blocks, title: `Details of ${name}` }]
}

function titled(title: string, lines: readonly Line[]): readonly Block[] {
  return lines.length === 0 ? [] : [{ paragraph: [{ strong: [title] }] }, { list: lines }]
}

function listPlannedEnds({ revoke, keep }: NonNullable<RotationRecord['plan']>): readonly Line[] {
  return [
    ...revoke.map(({ credential, id }): Line => [`${credential}, to be revoked: `, { code: id }]),
    ...keep.map(({ credential, id }): Line => [`${credential}, to be kept: `, { code: id }])
  ]
}

function describeWrites({ label, writes }: RotationRecord['destinations'][number]): readonly Block[] {
  const lines = writes.map(({ secret, purpose, holds, effect, confirmed }): Line => [
    { code: secret },
    ` ${purpose}: `,
    { code: holds },
    `, ${effect}, ${confirmed}`
  ])
  return titled(label, lines)
}

const VERDICTS = {
  passed: 'accepts',
  unauthenticated: 'refuses',
  forbidden: 'forbids',
  inconclusive: 'gives no clear answer about'
} as const

function describeProbes({ name, probes }: CredentialRecord): readonly Line[] {
  return probes.map(({ label, of, verdict, detail }) => {
    const verb = VERDICTS[verdict]
    return [
      `${name}: `,
      { code: label },
      ' ',
      verdict === 'passed' || of === 'old' ? verb : { strong: [verb] },
      ` the ${of === 'old' ? 'old' : 'new'} credential: `,
      ...toInlines(detail)
    ]
  })
}

/** Lines about what was revoked and kept. @param exposed whether it matters how long an old credential could still be misused */
function describeEnds(
  { name, revoked, kept }: CredentialRecord,
  { exposed }: { readonly exposed: boolean }
): readonly Line[] {
  return [
    ...revoked.map(({ id, reason, at, livedSeconds }): Line => [
      `${name}: revoked `,
      { code: id },
      ` (${reason}) at ${at}`,
      exposed ? `; it remained valid for ${livedSeconds} s` : ''
    ]),
    ...kept.map(({ id, reason }): Line => [`${name}: kept `, { code: id }, ': ', ...toInlines(reason)])
  ]
}
