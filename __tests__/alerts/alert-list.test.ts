import { describe, expect, it } from '@jest/globals'
import type { AlertPort } from '../../src/alerts/alert.ts'
import { combineAlerts } from '../../src/alerts/alert-list.ts'
import { RotationError } from '../../src/kernel/error.ts'
import { failingRun } from './records.ts'

function channel(label: string, report: AlertPort['report']): AlertPort {
  return { label, report, verify: () => Promise.resolve() }
}

const down = channel('down', () =>
  Promise.reject(new RotationError('alert', 'It is down.', { hint: 'Wait.' }))
)

describe('several alerts', () => {
  it('are all told, although one of them is down, and that one is said', async () => {
    const told: string[] = []
    const failures: string[] = []
    const alert = combineAlerts(
      [
        down,
        channel('issue', () => {
          told.push('issue')
          return Promise.resolve('https://github.com/octo-org/ops/issues/1')
        }),
        channel('mail', () => {
          told.push('mail')
          return Promise.resolve(undefined)
        })
      ],
      { onFailure: (message) => failures.push(message) }
    )
    expect(await alert.report(failingRun())).toBe('https://github.com/octo-org/ops/issues/1')
    expect(told).toEqual(['issue', 'mail'])
    expect(failures).toEqual(['The alert failed: It is down. Wait.'])
  })

  it('are given what one of them has kept', async () => {
    const given: unknown[] = []
    const kept = { open: undefined }
    const keeper = {
      ...channel('issue', () => Promise.resolve(undefined)),
      recall: () => Promise.resolve(kept)
    }
    const other = channel('chat', (_record, remembered) => {
      given.push(remembered)
      return Promise.resolve(undefined)
    })
    const lost = {
      ...keeper,
      recall: () => Promise.reject(new RotationError('unreachable', 'GitHub is down.'))
    }
    for (const one of [keeper, lost])
      await combineAlerts([other, one], { onFailure: () => undefined }).report(failingRun())
    expect(given).toEqual([kept, undefined])
  })

  it('fail as the only one where there is one', async () => {
    await expect(combineAlerts([down], { onFailure: () => undefined }).report(failingRun())).rejects.toThrow(
      'It is down.'
    )
  })
})
