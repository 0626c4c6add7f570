import { jest } from '@jest/globals'
import { testLocks } from './conformance.ts'
import { createDurableObjectSubject, createWorkerdD1Subject } from './workerd-subjects.ts'

// The Workers runtime takes a second or two to start.
jest.setTimeout(60_000)

testLocks([
  ['D1 lock on the Workers runtime', ['exclusive', 'fenced'], createWorkerdD1Subject],
  ['Durable Object lock on the Workers runtime', ['exclusive', 'fenced'], createDurableObjectSubject]
])
