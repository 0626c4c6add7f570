import { describe, it, expect } from '@jest/globals'
import { listFiles, read } from './repository.ts'

/** Joins parts, so that this file does not contain what it searches for. */
const join = (...parts: readonly string[]): string => parts.join('')

/** Patterns of names that exist only on one machine or network. */
const MACHINES: Readonly<Record<string, RegExp>> = {
  'a working directory': new RegExp(join('(?<![\\w.-])/wo', 'rk/')),
  'a home directory': new RegExp(join('(?<![\\w.:/-])/(ho', 'me|Us', 'ers)/[a-z]|/ro', 'ot/')),
  'a scratch directory': new RegExp(join('bash_', 'jobs|/tm', 'p/[a-z]')),
  'a package registry': new RegExp(join('regis', 'try\\.[a-z]|npm', 'js\\.org|_auth', 'Token'))
}

/** Files with texts by other authors. */
const FOREIGN = new Set(['dist/licenses.txt'])

describe('tracked files', () => {
  const files = listFiles(/./).filter((file) => !FOREIGN.has(file))

  it('lists the tracked files', () => {
    expect(files).toEqual(expect.arrayContaining(['README.md', 'package-lock.json', 'dist/index.js']))
  })

  it.each(Object.entries(MACHINES))('finds no mention of %s in a tracked file', (_what, pattern) => {
    const found = files.flatMap((file) => {
      const match = pattern.exec(read(file))
      return match === null ? [] : [`${file}: ${match[0]}`]
    })
    expect(found).toEqual([])
  })

  it('detects a mention of a working directory and of a package registry', () => {
    expect(MACHINES['a working directory']!.test(join('cd /wo', 'rk/main'))).toBe(true)
    expect(MACHINES['a package registry']!.test(join('https://regis', 'try.npm', 'js.org/x'))).toBe(true)
  })
})
