import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { formatManagedName, parseManagedName } from '../../../src/rotation/model/managed-name.ts'

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/)
/** GitHub's run ids have eleven digits in 2026. */
const digits = fc.stringMatching(/^[1-9]\d{0,12}$/)

describe('the name of a managed object', () => {
  it('is what the design says', () => {
    const made = {
      home: '3fa4c2d1',
      rotation: 'bootstrap',
      credential: 'secret-edit',
      stampedAt: Date.UTC(2026, 1, 3, 4, 5, 6),
      runId: '42',
      attempt: 2
    }
    expect(formatManagedName(made)).toBe('rotate/3fa4c2d1/bootstrap/secret-edit/20260203T040506Z-42.2')
  })

  it('is read back as it was written, and never longer than Cloudflare takes', () => {
    fc.assert(
      fc.property(
        name,
        name,
        fc.integer({ min: 0, max: 4_102_444_800 }),
        digits,
        fc.integer({ min: 1, max: 99 }),
        fc.constantFrom({}, { retired: true as const }, { pending: true as const }),
        (rotation, credential, second, runId, attempt, mark) => {
          const made = {
            ...{ home: '0123abcd', rotation, credential, stampedAt: second * 1000, runId, attempt },
            ...mark
          }
          const text = formatManagedName(made)
          expect(text.length).toBeLessThanOrEqual(120)
          expect(parseManagedName(text)).toEqual(made)
        }
      ),
      { seed: 1 }
    )
  })

  it.each([
    undefined,
    '',
    'token creation (made by hand)',
    'rotate/bootstrap/secret-edit/20260203T040506Z-42.2',
    'rotate/3fa4c2d1/bootstrap/secret-edit/20260203T040506Z-42',
    'rotate/3fa4c2d1/bootstrap/secret-edit/20260203T040506Z-42.2 (copy)',
    ' rotate/3fa4c2d1/bootstrap/secret-edit/20260203T040506Z-42.2',
    'rotate/3fa4c2d1/Bootstrap/secret-edit/20260203T040506Z-42.2',
    'rotate/3fa4c2d1/bootstrap/20260203T040506Z-42.2',
    'rotate/3fa4c2d1/bootstrap/secret-edit/120260203T040506Z-42.2',
    'rotate/3fa4c2d1/bootstrap/secret-edit/20261303T040506Z-42.2'
  ])('%j is none', (text) => {
    expect(parseManagedName(text)).toBeUndefined()
  })
})
