import { EventEmitter } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { listenForInterrupts } from '../../src/cli/interrupts.ts'

function listen() {
  const on = new EventEmitter() as unknown as Pick<NodeJS.Process, 'on' | 'off'> & EventEmitter
  const seen: string[] = []
  let now = 0
  const interrupts = listenForInterrupts(on, {
    monotonic: () => now,
    onFirst: (signal) => seen.push(`first ${signal}`),
    onAgain: (signal) => seen.push(`again ${signal}`)
  })
  const send = (signal: NodeJS.Signals, at: number): void => {
    now = at
    on.emit(signal, signal)
  }
  return { on, seen, send, interrupts }
}

describe('listenForInterrupts', () => {
  it('asks to stop at the first signal and ends at a later one', () => {
    const { seen, send, interrupts } = listen()
    expect(interrupts).toMatchObject({ signal: undefined, asked: { aborted: false } })
    send('SIGINT', 5_000)
    expect(interrupts).toMatchObject({ signal: 'SIGINT', asked: { aborted: true } })
    send('SIGTERM', 6_000)
    expect(seen).toEqual(['first SIGINT', 'again SIGTERM'])
  })

  it('takes a second signal within a second for the same one, which npm passed on', () => {
    const { seen, send } = listen()
    send('SIGINT', 5_000)
    send('SIGINT', 5_001)
    send('SIGINT', 5_999)
    expect(seen).toEqual(['first SIGINT'])
  })

  it('listens to a closed terminal, and to nothing any more when it is disposed of', () => {
    const { on, seen, send, interrupts } = listen()
    send('SIGHUP', 0)
    interrupts.dispose()
    expect(on.eventNames()).toEqual(expect.not.arrayContaining(['SIGINT', 'SIGTERM', 'SIGHUP']))
    expect(seen).toEqual(['first SIGHUP'])
  })
})
