import { describe, expect, it } from '@jest/globals'
import { read } from './repository.ts'

describe('docs/security.md', () => {
  it('names every variable that is removed from the environment of a command', () => {
    const source = read('src/action/run-command.ts')
    const pattern = /^const PRIVATE = \/\^\(([A-Z_|]+)\)\|\^GITHUB_\(([A-Z_|]+)\)\$\/i$/m.exec(source)
    expect(pattern).not.toBeNull()
    const [, prefixes = '', files = ''] = pattern!
    const described = read('docs/security.md')
    for (const prefix of prefixes.split('|')) expect(described).toContain(`\`${prefix}…\``)
    for (const file of files.split('|')) expect(described).toContain(`\`GITHUB_${file}\``)
  })
})
