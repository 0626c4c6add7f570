import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, it, expect } from '@jest/globals'
import { parse } from 'yaml'
import { generateConfigurationReference, generateReadme } from '../../scripts/generate-docs.ts'
import { accessPermissions } from '../../sandbox/seed-access.ts'
import { isOfKind } from '../../simulation/is-of-kind.ts'
import { findMissingValues, findWarnings, parseConfiguration } from '../../src/compose/configuration.ts'
import { allSlots } from '../../src/config/walk.ts'
import { accessServiceTokenKind } from '../../src/credentials/access-service-token-kind.ts'
import { OUTCOMES, isFailure } from '../../src/rotation/model/outcome.ts'
import { blocksOf, listFiles, markdownFiles, read, root } from './repository.ts'

interface Named {
  readonly name: string
  readonly text: string
}

const yamlBlocks = markdownFiles.flatMap(blocksOf).filter(({ language }) => language === 'yaml')
const configurations: readonly Named[] = [
  ...listFiles(/^examples\/.*\.ya?ml$/).map((name) => ({ name, text: read(name) })),
  ...yamlBlocks.map(({ file, line, text }) => ({ name: `${file}:${line}`, text }))
].filter(({ text }) => /^rotations:/m.test(text))

/** The rows of the tables, without the padding of their cells. */
function cells(markdown: string): readonly string[] {
  return markdown.split('\n').flatMap((line) =>
    line.startsWith('|') && !/^\|[ |:-]+\|$/.test(line)
      ? [
          line
            .split(/(?<!\\)\|/)
            .map((cell) => cell.trim())
            .join('|')
        ]
      : []
  )
}

describe('the generated parts', () => {
  it('of the README match action.yml', () => {
    const readme = read('README.md')
    expect(cells(readme)).toEqual(cells(generateReadme(readme, read('action.yml'))))
  })

  it('of the configuration reference match the schema', () => {
    const reference = /<!-- reference:start -->([\s\S]*)<!-- reference:end -->/.exec(
      read('docs/configuration.md')
    )
    const schema = JSON.parse(read('docs/rotation.schema.json')) as object
    expect(cells(reference?.[1] ?? '')).toEqual(cells(generateConfigurationReference(schema)))
  })

  it('are not generated from an entry without a description', () => {
    const readme = read('README.md')
    const action = 'inputs:\n  config:\n    description: Where.\n  only:\n    default: x\noutputs: {}\n'
    expect(() => generateReadme(readme, action)).toThrow('input only has no description')
    const silent = { type: 'object', properties: { key: { type: 'string' } } }
    expect(() => generateConfigurationReference(silent)).toThrow('key has no description')
  })

  it('are not generated without their markers', () => {
    expect(() => generateReadme('no markers', read('action.yml'))).toThrow('<!-- inputs:start -->')
  })
})

describe('the README', () => {
  const readme = read('README.md')

  it('is 11 to 13.5 KB long', () => {
    const bytes = Buffer.byteLength(readme)
    expect(bytes).toBeGreaterThan(11_000)
    expect(bytes).toBeLessThan(13_500)
  })

  it('shows a complete configuration and workflow within its first 60 lines', () => {
    const blocks = blocksOf('README.md').filter(({ language }) => language === 'yaml')
    const [configuration, workflow] = blocks
    expect(configuration?.text).toBe(read('examples/deploy-token/rotation.yml'))
    expect(workflow?.text).toBe(read('examples/deploy-token/rotate.yml'))
    const lastLine = workflow!.line + workflow!.text.split('\n').length - 1
    expect(lastLine).toBeLessThanOrEqual(60)
  })

  it('names the two commands to try it with', () => {
    const commands = blocksOf('README.md').findLast(({ language }) => language === 'sh')
    expect(commands?.text).toMatch(/^npm run demo\b/m)
    expect(commands?.text).toMatch(/^npm test\b/m)
  })

  it('names every permission that the sandbox asks of an Access rotation', () => {
    for (const name of accessPermissions) expect(cells(readme).some((row) => row.includes(name))).toBe(true)
  })
})

describe('the pages', () => {
  it('show commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const commands = markdownFiles.flatMap((file) =>
      [...read(file).matchAll(/(?:`|^)npm (?:run )?([a-z:]+)/gm)].map(([, name]) => name!)
    )
    expect(commands).toContain('demo')
    expect(commands.filter((name) => name !== 'ci' && !(name in scripts))).toEqual([])
  })

  it.each([
    ['docs/set-up-api-tokens.md', 'bootstrap'],
    ['docs/set-up-access.md', 'access']
  ])('include %s with the configuration and the workflow of examples/%s', (page, example) => {
    const shown = blocksOf(page).map(({ text }) => text)
    const linked = [...read(page).matchAll(/^Commit \[this \w+\]\(\.\.\/([^)]+)\) as /gm)]
    const texts = [...shown, ...linked.map(([, file]) => read(file!))]
    expect(texts).toContain(read(`examples/${example}/rotation.yml`))
    expect(texts).toContain(read(`examples/${example}/rotate.yml`))
  })

  it('of set-up for Access name exactly the permissions that its Cloudflare token needs', () => {
    const rows = cells(read('docs/set-up-access.md'))
    const named = rows.flatMap((row) => /^\|([^|`]+ Edit)\|/.exec(row)?.[1] ?? [])
    expect(named.sort()).toEqual(accessPermissions.map((name) => name.replace(/ Write$/, ' Edit')).sort())
  })

  it('of commands name every outcome and whether it fails the workflow', () => {
    const rows = cells(read('docs/commands.md')).filter((row) => /^\|`[a-z-]+`\|(succeeds|fails)\|/.test(row))
    const named = rows.map((row) => /`([a-z-]+)`/.exec(row)![1]!)
    expect([...named].sort()).toEqual([...OUTCOMES].sort())
    const failing = rows.filter((row) => row.includes('|fails|')).map((row) => /`([a-z-]+)`/.exec(row)![1])
    expect(failing).toEqual(OUTCOMES.filter(isFailure))
  })
})

describe('a configuration', () => {
  it('is found in the README, on the pages and in each example', () => {
    expect(configurations.map(({ name }) => name.replace(/:\d+$/, ''))).toEqual(
      expect.arrayContaining([
        'README.md',
        'docs/set-up-access.md',
        'examples/access/rotation.yml',
        'examples/access-replace/rotation.yml',
        'examples/access-two-slots/rotation.yml',
        'examples/bootstrap/rotation.yml',
        'examples/deploy-token/rotation.yml',
        'examples/organization/rotation.yml',
        'examples/punctual/rotation.yml'
      ])
    )
  })

  it.each(configurations)('of $name is accepted', ({ name, text }) => {
    expect(parseConfiguration(text, name).rotations.length).toBeGreaterThan(0)
  })

  it.each(configurations)('of $name has lifetimes that fit its trigger', ({ name, text }) => {
    const warnings = findWarnings(parseConfiguration(text, name), {
      repository: 'octo-org/ops',
      event: 'schedule'
    })
    if (name.startsWith('examples/punctual/')) {
      expect(warnings).toHaveLength(2)
      for (const warning of warnings) expect(warning).toContain('a trigger that is punctual')
    } else {
      expect(warnings).toEqual([])
    }
  })

  it('of the examples shows each strategy for a service token', () => {
    const ways = configurations.flatMap(({ name, text }) =>
      parseConfiguration(text, name).rotations.flatMap(({ credentials }) =>
        credentials.flatMap((credential) =>
          name.startsWith('examples/') && isOfKind(accessServiceTokenKind, credential)
            ? [
                `${credential.strategy}, ${Object.keys(Object.values(credential.secrets)[0] ?? {}).filter((key) => key !== 'pair').length}`
              ]
            : []
        )
      )
    )
    expect([...new Set(ways)].sort()).toEqual(['replace, 1', 'replace, 2', 'rotate, 1'])
  })

  it.each(listFiles(/^examples\/.*\/rotate[\w-]*\.yml$/))(
    'has a workflow %s that passes it every value',
    (file) => {
      const called = /uses: \.\/\.github\/workflows\/([\w-]+\.yml)/.exec(read(file))?.[1]
      const workflow = read(called === undefined ? file : join(dirname(file), called))
      const text = read(join(dirname(file), 'rotation.yml'))
      const configuration = parseConfiguration(text, file)
      if (workflow.includes('secrets: ${{ toJSON(secrets) }}')) return
      for (const { name } of allSlots(configuration)) {
        expect(workflow).toContain(`${name}: \${{ secrets.${name} }}`)
      }
      const given = (name: string): string | undefined =>
        workflow.includes(` ${name}: \${{ `) ? 'https://service.example.com' : undefined
      expect(findMissingValues(configuration, configuration.rotations, given)).toEqual([])
    }
  )
})

describe('the documentation', () => {
  it('is at most 160 KB long', () => {
    const pages = listFiles(/^docs\/.*\.md$/).map((file) => Buffer.byteLength(read(file)))
    expect(pages.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(160_000)
  })

  it.each(yamlBlocks)('has valid YAML at $file:$line', ({ text }) => {
    expect(() => parse(text) as unknown).not.toThrow()
  })

  it.each(markdownFiles)('has no broken link in %s', (file) => {
    const broken = linksOf(file).filter((link) => !resolves(file, link))
    expect(broken).toEqual([])
  })

  it('lists every decision record', () => {
    const list = read('docs/adr/README.md')
    const missing = listFiles(/^docs\/adr\/\d{4}-.*\.md$/).filter((file) => {
      const number = file.slice('docs/adr/'.length, 'docs/adr/0000'.length)
      const title = read(file)
        .split('\n')[0]!
        .replace(/^# \d{4}: /, '')
      return !cells(list).some((row) => row.startsWith(`|[${number}](`) && row.endsWith(`|${title}|`))
    })
    expect(missing).toEqual([])
  })

  it('has a path of links from the README to every page', () => {
    const reached = new Set(['README.md'])
    for (const file of reached) {
      for (const link of linksOf(file)) {
        const target = relative(root, join(root, dirname(file), link.replace(/#.*$/, '')))
        if (target.endsWith('.md') && existsSync(join(root, target))) reached.add(target)
      }
    }
    const ours = markdownFiles.filter((file) => !file.startsWith('.github/'))
    expect(ours.filter((file) => !reached.has(file))).toEqual([])
  })
})

/** Relative links outside of code. */
function linksOf(file: string): readonly string[] {
  const prose = read(file)
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '))
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
}

function resolves(file: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? file : relative(root, join(root, dirname(file), path))
  if (!existsSync(join(root, target))) return false
  if (anchor === undefined) return true
  return statSync(join(root, target)).isFile() && anchorsOf(target).includes(anchor)
}

/** The anchors that GitHub gives headings. */
function anchorsOf(file: string): readonly string[] {
  const prose = read(file).replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-')
  )
}
