/** Bundles for tests: packages of many modules, each in one file. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type BuildOptions, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '../..')
const cache = join(root, 'node_modules/.cache/rotate-action')

/** What is bundled together; the SDK's subset and the whole of it are kept apart, or the subset would load everything. */
const GROUPS: readonly {
  readonly format: 'esm' | 'cjs'
  readonly packages: readonly string[]
  /** True for what all test files of a process share, compiled and warm. */
  readonly shared?: true
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
  { format: 'cjs', packages: ['ajv'], shared: true },
  { format: 'cjs', packages: ['openapi-backend'], shared: true }
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
    for (const name of GROUPS.flatMap(({ shared, packages }) => (shared === true ? packages : [])))
      writeFileSync(join(staging, `${fileOf(name)}.cjs`), requireInProcess(`./${fileOf(name)}${SHARED}.cjs`))
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

/** What the name of a shared bundle ends with, which is loaded outside of jest's contexts. */
const SHARED = '-shared'

/** Module that jest's own `require` does not load. */
function requireInProcess(path: string): string {
  return `module.exports = process.getBuiltinModule('node:module').createRequire(__filename)('${path}')\n`
}

function fileOf(name: string): string {
  return name.replaceAll(/\W+/g, '-')
}

function optionsFor({ format, packages, shared }: (typeof GROUPS)[number], outdir: string): BuildOptions {
  return {
    entryPoints: Object.fromEntries(
      packages.map((name) => [`${fileOf(name)}${shared === true ? SHARED : ''}`, name])
    ),
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
    plugins: [lazyUndici],
    ...(format === 'esm'
      ? {
          banner: {
            js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
          }
        }
      : {})
  }
}

/** Loads undici only where it is used: @actions/github needs it for a proxy, and tests pass their own `fetch`. */
const lazyUndici: Plugin = {
  name: 'lazy-undici',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^undici$/ }, async ({ kind, resolveDir, pluginData }) => {
      if (pluginData === 'real') return undefined
      const { path } = await bundler.resolve('undici', { kind, resolveDir, pluginData: 'real' })
      return { path, namespace: 'lazy' }
    })
    bundler.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents: ['fetch', 'ProxyAgent', 'EnvHttpProxyAgent', 'Agent']
        .map(
          (name) =>
            `Object.defineProperty(exports, '${name}', { enumerable: true, get: () => load().${name} })`
        )
        .concat(
          `const load = () => require('node:module').createRequire(${JSON.stringify(path)})(${JSON.stringify(path)})`
        )
        .join('\n')
    }))
  }
}
