import { describe, expect, it } from '@jest/globals'
import { createHeartbeat } from '../../src/alerts/heartbeat.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { createStandingClock } from '../http/standing-clock.ts'
import { failingRun, rotation } from './records.ts'

const WELL = failingRun({ outcome: 'not-due', rotations: [rotation({ outcome: 'not-due', error: null })] })
const URL = 'https://hc-ping.example.com/a-secret-path'

async function beat(
  record = WELL,
  { url, answer = () => Promise.resolve(new Response('OK')) }: { url?: string; answer?: typeof fetch } = {}
) {
  const fetched: string[] = []
  const warnings: string[] = []
  const heartbeat = createHeartbeat({
    configuration: { heartbeat: 'HEARTBEAT_URL' },
    valuesOf: () => (url === '' ? [] : [new Secret(url ?? URL)]),
    fetch: async (...given) => {
      fetched.push(given[0] as string)
      return await answer(...given)
    },
    clock: createStandingClock(),
    reporter: { info: () => undefined, warning: (message) => void warnings.push(message) }
  })
  await heartbeat(record)
  return { fetched, warnings }
}

describe('the heartbeat', () => {
  it('is fetched after a run that ended well', async () => {
    expect(await beat()).toEqual({ fetched: [URL], warnings: [] })
  })

  it('is not fetched after a run that failed', async () => {
    expect((await beat(failingRun())).fetched).toEqual([])
  })

  it.each(['locked', 'stale'] as const)('is not fetched after a run that was %s', async (outcome) => {
    expect((await beat({ ...WELL, outcome })).fetched).toEqual([])
  })

  it.each([
    ['answers 404', { answer: () => Promise.resolve(new Response('', { status: 404 })) }, 'answered 404'],
    [
      'cannot be reached',
      { answer: () => Promise.reject(new TypeError('fetch failed')) },
      'could not be reached'
    ],
    ['is not https', { url: 'http://example.com/a-secret-path' }, 'must begin with https://'],
    ['is not set', { url: '' }, 'is not set or empty']
  ])('is a warning without its URL when it %s', async (_what, options, warning) => {
    const { warnings } = await beat(WELL, options)
    expect(warnings).toEqual([expect.stringContaining(`heartbeat: $HEARTBEAT_URL`)])
    expect(warnings[0]).toContain(warning)
    expect(warnings[0]).not.toContain('a-secret-path')
  })
})
