import { posix } from 'node:path'
import { describe, it, expect } from '@jest/globals'
import ts from 'typescript'
import { listFiles, read } from './repository.ts'

interface Import {
  /** What stands in the source. */
  readonly specifier: string
  /** Whether nothing of it is left at run time. */
  readonly typeOnly: boolean
}

/** What a layer may import of the others, by layer, by file, or with `type:` in front for types alone. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  rotation: [],
  config: ['rotation/error', 'rotation/clock', 'rotation/secret', 'type:rotation/managed-name'],
  http: ['rotation'],
  cloudflare: ['http', 'rotation'],
  github: ['http', 'rotation'],
  credentials: ['cloudflare', 'github', 'http', 'rotation'],
  destinations: ['cloudflare', 'github', 'http', 'rotation'],
  locks: ['cloudflare', 'github', 'http', 'rotation'],
  probes: ['cloudflare', 'github', 'http', 'rotation', 'config/template'],
  checks: ['cloudflare', 'github', 'http', 'rotation'],
  alerts: ['cloudflare', 'github', 'http', 'rotation'],
  compose: [
    ...['config', 'rotation', 'http', 'cloudflare', 'github'],
    ...['credentials', 'destinations', 'locks', 'probes', 'checks', 'alerts']
  ],
  session: ['compose', 'config', 'rotation', 'type:alerts'],
  action: ['session', 'config', 'rotation', 'alerts/message', 'type:alerts', 'type:probes/command'],
  main: ['action'],
  post: ['action']
}

/** The layers that may use a package; no other may. Packages that are not listed are free. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@actions/core': ['action'],
  '@actions/github': ['github'],
  cloudflare: ['cloudflare'],
  'libsodium-wrappers': ['github'],
  nodemailer: ['alerts'],
  yaml: ['config']
}

/** What comes into a run as an argument, so that a run can be replayed; only `action` knows the real one. */
const EFFECTS = new Set([
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'Date.now',
  'new Date()',
  'Math.random',
  'crypto.randomUUID',
  'randomUUID',
  'globalThis.fetch',
  'console'
])

const files = listFiles(/^src\/.*\.ts$/).filter((file) => !file.endsWith('.d.ts'))

function layerOf(path: string): string {
  return path
    .replace(/^src\//, '')
    .replace(/\.ts$/, '')
    .split('/')[0]!
}

function parseFile(file: string): ts.SourceFile {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
}

function importsOf(file: string): readonly Import[] {
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier !== undefined
    ) {
      const typeOnly = ts.isImportDeclaration(node) ? isTypeOnly(node) : node.isTypeOnly
      found.push({ specifier: (node.moduleSpecifier as ts.StringLiteral).text, typeOnly })
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments
      if (specifier === undefined || !ts.isStringLiteral(specifier))
        throw new Error(`${file}: a computed import`)
      found.push({ specifier: specifier.text, typeOnly: false })
    }
    ts.forEachChild(node, visit)
  }
  visit(parseFile(file))
  return found
}

function isTypeOnly({ importClause }: ts.ImportDeclaration): boolean {
  return importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

function mayImport(from: string, target: string, typeOnly: boolean): boolean {
  const layer = layerOf(target)
  if (layer === layerOf(from)) return true
  const file = target.replace(/^src\//, '').replace(/\.ts$/, '')
  const allowed = LAYERS[layerOf(from)] ?? []
  return [layer, file].some((one) => allowed.includes(one) || (typeOnly && allowed.includes(`type:${one}`)))
}

function effectsOf(file: string): readonly string[] {
  const found = new Set<string>()
  const note = (name: string): void => {
    if (EFFECTS.has(name)) found.add(name)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) note(node.getText())
    if (ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0)
      note(`new ${node.expression.getText()}()`)
    if (ts.isIdentifier(node) && isReference(node)) note(node.text)
    if (!ts.isTypeNode(node)) ts.forEachChild(node, visit)
  }
  visit(parseFile(file))
  return [...found]
}

/** Not the name of a property, of a declaration or of an import. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return !(ts.isPropertySignature(parent) || ts.isMethodSignature(parent) || ts.isMethodDeclaration(parent))
}

describe('the layers', () => {
  it('are all known', () => {
    expect([...new Set(files.map(layerOf))].sort()).toEqual(Object.keys(LAYERS).sort())
  })

  it.each(files)('let %s import only what stands below it', (file) => {
    const wrong = importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, typeOnly }) => ({ target: posix.join(posix.dirname(file), specifier), typeOnly }))
      .filter(({ target, typeOnly }) => !target.startsWith('src/') || !mayImport(file, target, typeOnly))
    expect(wrong).toEqual([])
  })

  it.each(files)('let %s use only packages of its layer', (file) => {
    const wrong = importsOf(file)
      .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map(({ specifier }) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
      .filter((name) => PACKAGES[name]?.includes(layerOf(file)) === false)
    expect(wrong).toEqual([])
  })

  it('are kept apart by this test', () => {
    expect(mayImport('src/rotation/plan.ts', 'src/cloudflare/client.ts', true)).toBe(false)
    expect(mayImport('src/config/load.ts', 'src/rotation/plan.ts', false)).toBe(false)
    expect(mayImport('src/config/load.ts', 'src/rotation/error.ts', false)).toBe(true)
    expect(mayImport('src/action/report.ts', 'src/alerts/issue.ts', false)).toBe(false)
    expect(mayImport('src/action/report.ts', 'src/alerts/alert.ts', true)).toBe(true)
    expect(mayImport('src/action/run-command.ts', 'src/probes/command.ts', false)).toBe(false)
    expect(mayImport('src/action/run-command.ts', 'src/probes/command.ts', true)).toBe(true)
    expect(mayImport('src/probes/http.ts', 'src/config/schema.ts', true)).toBe(false)
    expect(importsOf('src/action/run-action.ts')).toContainEqual({
      specifier: '../session.ts',
      typeOnly: false
    })
  })

  it('keep the heart free of everything but a schema library', () => {
    const used = files
      .filter((file) => layerOf(file) === 'rotation')
      .flatMap(importsOf)
      .filter(({ specifier }) => !specifier.startsWith('.'))
      .map(({ specifier }) => specifier)
    expect([...new Set(used)].filter((name) => name !== 'valibot')).toEqual([])
  })

  it('lend out only what imports nothing', () => {
    expect(importsOf('src/config/template.ts')).toEqual([])
  })

  it('name packages that there are', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    expect(Object.keys(PACKAGES).filter((name) => !(name in dependencies))).toEqual([])
  })
})

describe('effects', () => {
  it.each(files.filter((file) => layerOf(file) !== 'action'))('come into %s as arguments', (file) => {
    expect(effectsOf(file)).toEqual([])
  })

  it('are found where they are', () => {
    const found = new Set(files.filter((file) => layerOf(file) === 'action').flatMap(effectsOf))
    expect([...found]).toEqual(
      expect.arrayContaining([
        'process',
        'setTimeout',
        'Date.now',
        'Math.random',
        'performance',
        'randomUUID'
      ])
    )
  })
})

describe('what is published', () => {
  it('depends on no package that is only there for development', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    const packages = files
      .flatMap(importsOf)
      .map(({ specifier }) => specifier)
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
    expect([...new Set(packages)].filter((name) => !(name in dependencies))).toEqual([])
  })
})
