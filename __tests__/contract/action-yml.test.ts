import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, expect } from '@jest/globals'
import { NoOperationTraceWriter } from '@actions/workflow-parser'
import { parseAction } from '@actions/workflow-parser/actions/action-parser'
import ts from 'typescript'
import { parse } from 'yaml'
import { listFiles, read, root } from './repository.ts'

interface ActionManifest {
  readonly name: string
  readonly description: string
  readonly branding: { readonly icon: string; readonly color: string }
  readonly inputs: Readonly<
    Record<string, { readonly description: string; readonly default?: string; readonly required?: boolean }>
  >
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value?: string }>>
  readonly runs: Readonly<Record<string, string>>
}

const manifest = parse(read('action.yml')) as ActionManifest

/** The contract with users: a change here breaks workflows. */
const DEFAULTS: Readonly<Record<string, string | undefined>> = {
  config: '.github/rotation.yml',
  command: 'rotate',
  only: undefined,
  force: 'false',
  reason: 'scheduled',
  'github-token': '${{ github.token }}',
  'github-secrets-token': undefined,
  'cloudflare-api-url': 'https://api.cloudflare.com/client/v4'
}
const OUTPUTS = ['outcome', 'rotated', 'due', 'record', 'record-file', 'next-due', 'alert-url']

/** First arguments of the calls of the named functions, e.g. `only` of `core.getInput('only')`. */
function firstArguments(file: string, callees: readonly string[]): readonly string[] {
  const found = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && callees.includes(node.expression.getText().replace(/\s/g, ''))) {
      const [first] = node.arguments
      if (first !== undefined && ts.isStringLiteral(first)) found.add(first.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true))
  return [...found]
}

describe('action.yml', () => {
  it('is a valid action manifest for GitHub', () => {
    const { context } = parseAction(
      { name: 'action.yml', content: read('action.yml') },
      new NoOperationTraceWriter()
    )
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([])
  })

  it('declares the inputs of the contract with their defaults', () => {
    const defaults = Object.entries(manifest.inputs).map(([name, input]) => [name, input.default])
    expect(Object.fromEntries(defaults)).toEqual(DEFAULTS)
  })

  it('names both kinds of credential in its description', () => {
    expect(manifest.description).toContain('API tokens')
    expect(manifest.description).toContain('Access service tokens')
  })

  it('marks no input as required, since the runner does not enforce it', () => {
    expect(Object.values(manifest.inputs).filter(({ required }) => required === true)).toEqual([])
  })

  it('declares the outputs of the contract', () => {
    expect(Object.keys(manifest.outputs)).toEqual(OUTPUTS)
  })

  it('describes every input and output in a sentence', () => {
    for (const { description } of [...Object.values(manifest.inputs), ...Object.values(manifest.outputs)]) {
      expect(description.trim()).toMatch(/^[A-Z`][\s\S]*\.$/)
    }
  })

  it('runs the built files on Node.js 24, with a post step that always runs', () => {
    expect(manifest.runs['using']).toBe('node24')
    for (const entry of ['main', 'post']) expect(manifest.runs[entry]).toBe('dist/index.js')
    expect(existsSync(join(root, 'dist/index.js'))).toBe(true)
    expect(manifest.runs['post-if'] ?? 'always()').toBe('always()')
  })

  it('declares exactly the inputs that the action reads', () => {
    const readers = ['core.getInput', 'core.getBooleanInput', 'core.getMultilineInput']
    const own = ['readSecret', 'readBoolean']
    expect([...firstArguments('src/action/inputs.ts', [...readers, ...own])].sort()).toEqual(
      Object.keys(manifest.inputs).sort()
    )
    for (const file of listFiles(/^src\/.*\.ts$/).filter((one) => one !== 'src/action/inputs.ts')) {
      expect({ file, reads: firstArguments(file, readers) }).toEqual({ file, reads: [] })
    }
  })

  it('declares exactly the outputs that the action sets', () => {
    const set = listFiles(/^src\/action\/.*\.ts$/).flatMap((file) => firstArguments(file, ['outputs.set']))
    expect([...new Set(set)].sort()).toEqual([...OUTPUTS].sort())
  })

  it('has a branding that the Marketplace accepts', () => {
    expect(manifest.branding).toEqual({ icon: 'refresh-cw', color: 'orange' })
  })
})
