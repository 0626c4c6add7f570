/** Bundles for tests: packages of many modules, each in one file. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

const root = join(import.meta.dirname, '../..')
const cache = join(root, 'node_modules/.cache/rotate-action')

/** What is bundled together; the SDK's subset and the whole of it are kept apart, or the subset would load everything. */
const GROUPS: readonly {
  readonly format: 'esm' | 'cjs'
  readonly packages: readonly string[]
}[] = [
  {
    format: 'esm',
    packages: [
      'cloudflare/tree-shakable',
      'cloudflare/resources/accounts/tokens/permission-groups',
      'cloudflare/resources/accounts/tokens/tokens',
      'cloudflare/resources/d1/database/database',
      'cloudflare/resources/email-sending/email-sending',
      'cloudflare/resources/kv/namespaces/values',
      'cloudflare/resources/secrets-store/quota',
      'cloudflare/resources/secrets-store/stores/secrets',
      'cloudflare/resources/user/tokens/permission-groups',
      'cloudflare/resources/user/tokens/tokens',
      'cloudflare/resources/zero-trust/access/applications/applications',
      'cloudflare/resources/zero-trust/access/applications/policies',
      'cloudflare/resources/zero-trust/access/groups',
      'cloudflare/resources/zero-trust/access/policies',
      'cloudflare/resources/zero-trust/access/service-tokens'
    ]
  },
  { format: 'esm', packages: ['cloudflare'] },
  { format: 'esm', packages: ['@actions/github'] },
  { format: 'esm', packages: ['hono', 'hono/router/trie-router'] },
  { format: 'cjs', packages: ['yaml'] },
  { format: 'cjs', packages: ['ajv'] },
  { format: 'cjs', packages: ['openapi-backend'] }
]

/**
 * Bundles the packages of which a test file would load hundreds of modules, unless that was done for this lock file.
 * @returns jest's `moduleNameMapper` for them
 */
export async function bundlePackages(): Promise<Record<string, string>> {
  const key = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 16)
  const directory = join(cache, key)
  if (!existsSync(directory)) {
    mkdirSync(cache, { recursive: true })
    const staging = mkdtempSync(join(cache, 'new-'))
    await Promise.all(GROUPS.map((group) => build(optionsFor(group, staging))))
    try {
      renameSync(staging, directory)
    } catch {
      // Another process was faster.
      rmSync(staging, { recursive: true })
    }
  }
  return Object.fromEntries(
    GROUPS.flatMap(({ format, packages }) =>
      packages.map((name) => [`^${name}$`, join(directory, `${fileOf(name)}${EXTENSIONS[format]}`)])
    )
  )
}

const EXTENSIONS = { esm: '.mjs', cjs: '.cjs' } as const

function fileOf(name: string): string {
  return name.replaceAll(/\W+/g, '-')
}

function optionsFor({ format, packages }: (typeof GROUPS)[number], outdir: string): BuildOptions {
  return {
    entryPoints: Object.fromEntries(packages.map((name) => [fileOf(name), name])),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format,
    splitting: format === 'esm',
    chunkNames: `${fileOf(packages[0]!)}-[hash]`,
    outExtension: { '.js': EXTENSIONS[format] },
    absWorkingDir: root,
    logLevel: 'warning',
    // Asks for a module of Node.js when it is needed, since a bundle outlives the test file that loaded it.
    ...(format === 'esm' ? { banner: { js: 'const require = (id) => process.getBuiltinModule(id);' } } : {})
  }
}
