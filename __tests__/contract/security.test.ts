import { describe, expect, it } from '@jest/globals'
import { read } from './repository.ts'

describe('docs/security.md', () => {
  it('names every variable of the runner that a command does not see', () => {
    const source = read('src/process/run-command.ts')
    const [, files = ''] = /^const PRIVATE = \/\^GITHUB_\(([A-Z_|]+)\)\$/m.exec(source) ?? []
    expect(files).toContain('TOKEN')
    const described = read('docs/security.md')
    for (const file of files.split('|')) expect(described).toContain(`\`GITHUB_${file}\``)
  })
})
