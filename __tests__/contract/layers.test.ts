import { posix } from 'node:path'
import { describe, it, expect } from '@jest/globals'
import ts from 'typescript'
import { listFiles, read } from './repository.ts'

const PLATFORMS = ['http', 'cloudflare', 'github']
const DRIVERS = ['credentials', 'destinations', 'locks', 'probes', 'checks']
const DRIVER = ['kernel', 'model', ...PLATFORMS]

/** The layers of a rotation, from the inside out: each may import those before it. */
const CORE = ['kernel', 'model', 'plan', 'apply', 'commands']

/** The layers that run the same sessions, from a workflow and from a shell. Neither imports the other. */
const ADAPTER = [...CORE, 'config', 'record', 'report', 'markdown', 'alerts', 'compose', 'session', 'process']

/** Every arrow between two layers: what a layer may import in addition to itself. The folders of `src/rotation` are layers of their own. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(CORE.map((layer, index) => [layer, CORE.slice(0, index)])),
  record: ['kernel', 'model', 'plan', 'apply'],
  config: ['kernel'],
  http: ['kernel'],
  cloudflare: ['kernel', 'http'],
  github: ['kernel', 'http', 'model'],
  ...Object.fromEntries(DRIVERS.map((driver) => [driver, DRIVER])),
  destinations: [...DRIVER, 'coordinator'],
  rollouts: [...DRIVER, 'probes'],
  markdown: [],
  coordinator: ['kernel', 'http', 'model', 'record'],
  alerts: [...DRIVER, 'record', 'markdown'],
  report: ['kernel', 'model', 'record'],
  compose: [...CORE, 'coordinator', ...PLATFORMS, ...DRIVERS, 'rollouts', 'config', 'record', 'alerts'],
  session: [...CORE, 'config', 'record', 'alerts', 'compose'],
  process: ['kernel'],
  action: ADAPTER,
  cli: [...ADAPTER, ...PLATFORMS],
  main: ['action', 'cli', 'process']
}

/** The layers that may use a package; no other may. Packages that are not listed are free. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@actions/core': ['action'],
  '@actions/github': ['github'],
  aws4fetch: ['probes'],
  cloudflare: ['cloudflare'],
  'libsodium-wrappers': ['github'],
  nodemailer: ['alerts'],
  yaml: ['config']
}

/** Effects that a run gets as arguments, so that it can be replayed; only the adapters and `process` use the real ones. */
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

/** The layers that use the real effects. */
const REAL = new Set(['action', 'cli', 'process'])

const files = listFiles(/^src\/.*\.ts$/).filter((file) => !file.endsWith('.d.ts'))

function layerOf(path: string): string {
  return path.replace(/^src\/(rotation\/)?|\.ts$/g, '').split('/')[0]!
}

const sources = new Map(
  files.map((file) => [file, ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)])
)
const imports = new Map(files.map((file) => [file, findImports(file)]))

function importsOf(file: string): readonly string[] {
  return imports.get(file) ?? []
}

function findImports(file: string): readonly string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier !== undefined
    ) {
      found.push((node.moduleSpecifier as ts.StringLiteral).text)
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments
      if (specifier === undefined || !ts.isStringLiteral(specifier))
        throw new Error(`${file}: a computed import`)
      found.push(specifier.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(sources.get(file)!)
  return found
}

function packagesOf(file: string): readonly string[] {
  return importsOf(file)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
}

function mayImport(from: string, target: string): boolean {
  const layer = layerOf(target)
  return layer === layerOf(from) || (LAYERS[layerOf(from)] ?? []).includes(layer)
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
  visit(sources.get(file)!)
  return [...found]
}

/** False for the name of a property or a declaration. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return !(ts.isPropertySignature(parent) || ts.isMethodSignature(parent) || ts.isMethodDeclaration(parent))
}

describe('layers', () => {
  it('lists every layer of src', () => {
    expect([...new Set(files.map(layerOf))].sort()).toEqual(Object.keys(LAYERS).sort())
  })

  it.each(files)('allows %s to import only the layers below it', (file) => {
    const wrong = importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => posix.join(posix.dirname(file), specifier))
      .filter((target) => !target.startsWith('src/') || !mayImport(file, target))
    expect(wrong).toEqual([])
  })

  it.each(files)('allows %s to use only the packages of its layer', (file) => {
    expect(packagesOf(file).filter((name) => PACKAGES[name]?.includes(layerOf(file)) === false)).toEqual([])
  })

  it('refuses an import against the direction of an arrow', () => {
    expect(mayImport('src/rotation/plan/plan.ts', 'src/rotation/apply/create.ts')).toBe(false)
    expect(mayImport('src/rotation/plan/plan.ts', 'src/cloudflare/client.ts')).toBe(false)
    expect(mayImport('src/config/load.ts', 'src/rotation/model/rotation.ts')).toBe(false)
    expect(mayImport('src/config/load.ts', 'src/kernel/error.ts')).toBe(true)
    expect(mayImport('src/probes/http-kind.ts', 'src/config/schema.ts')).toBe(false)
    expect(importsOf('src/action/run-action.ts')).toContain('../session/launch.ts')
  })

  it('allows the rotation and the kernel no package but the schema library', () => {
    const used = files.filter((file) => file.startsWith('src/rotation/') || file.startsWith('src/kernel/'))
    expect(used.flatMap(packagesOf).filter((name) => name !== 'valibot')).toEqual([])
  })

  it('restricts only packages that the project depends on', () => {
    const manifest = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
    expect(Object.keys(PACKAGES).filter((name) => !(name in manifest.devDependencies))).toEqual([])
  })
})

describe('effects', () => {
  it.each(files.filter((file) => !REAL.has(layerOf(file))))(
    'allows %s to use effects only as arguments',
    (file) => {
      expect(effectsOf(file)).toEqual([])
    }
  )

  it('detects the effects of the layers that use them', () => {
    const found = new Set(files.filter((file) => REAL.has(layerOf(file))).flatMap(effectsOf))
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

describe('modules', () => {
  const hasVariable = ({ statements }: ts.SourceFile): boolean =>
    statements.some(
      (statement) =>
        ts.isVariableStatement(statement) && (statement.declarationList.flags & ts.NodeFlags.Const) === 0
    )

  it('keeps no variable in a module, since runs and test files share it', () => {
    expect(files.filter((file) => hasVariable(sources.get(file)!))).toEqual([])
  })
})

describe('published package', () => {
  const manifest = JSON.parse(read('package.json')) as {
    readonly dependencies?: unknown
    readonly devDependencies: Readonly<Record<string, string>>
    readonly scripts: Readonly<Record<string, string>>
    readonly bin: Readonly<Record<string, string>>
    readonly files: readonly string[]
  }

  it('has the licence of every package that it uses in the bundle', () => {
    const licences = read('dist/licenses.txt')
    const names = [...new Set(files.flatMap(packagesOf))]
    expect(names.filter((name) => !licences.includes(`${name} ${manifest.devDependencies[name]}`))).toEqual(
      []
    )
  })

  it('installs nothing but dist from git: npm installs dependencies, and development dependencies for certain scripts', () => {
    expect(manifest.dependencies).toBeUndefined()
    const prepared = ['postinstall', 'build', 'preinstall', 'install', 'prepack', 'prepare']
    expect(Object.keys(manifest.scripts).filter((name) => prepared.includes(name))).toEqual([])
    expect(manifest).toMatchObject({ bin: { 'rotate-action': 'dist/cli.js' }, files: ['dist/'] })
  })
})
