import { expect, it } from '@jest/globals'
import { interruptCommand, killCommand, rotateByCommand } from './command-line-stories.ts'
import { tellAtEveryCall } from './moments.ts'

it('a command that is killed at any call leaves consumers working, and the next one ends rotated with nothing left over', async () => {
  const { moments, wrong } = await tellAtEveryCall(killCommand, { rotate: rotateByCommand })
  expect(wrong).toEqual([])
  expect(moments).toBeGreaterThan(30)
}, 600_000)

it('a command that is interrupted once at any call finishes or undoes what it began, and the next one ends rotated', async () => {
  const { moments, wrong } = await tellAtEveryCall(interruptCommand, { rotate: rotateByCommand })
  expect(wrong).toEqual([])
  expect(moments).toBeGreaterThan(30)
}, 600_000)
