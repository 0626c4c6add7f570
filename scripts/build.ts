/**
 * Builds `dist/`: esbuild bundles and tree-shakes the sources, then ncc produces what runs.
 *
 * esbuild goes first because ncc alone cannot tree-shake the `cloudflare` package, whose manifest does not say that its modules are free of
 * side effects. What a start needs is in `index.js`; the rest is a chunk of its own, and `undici`, which the toolkit uses behind a proxy only,
 * is a file that is read at its first use.
 */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..')

/** What the packages in the bundle use of `undici`. */
const UNDICI_EXPORTS = ['Agent', 'ProxyAgent', 'fetch']

/** Moves `undici` to a file of its own, which is read at the first use of one of its exports. */
const lazyUndici: Plugin = {
  name: 'lazy-undici',
  setup(builder) {
    builder.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'lazy-undici' }))
    builder.onLoad({ filter: /.*/, namespace: 'lazy-undici' }, () => ({
      contents: [
        "import { createRequire } from 'node:module'",
        'let real',
        "const load = () => (real ??= createRequire(import.meta.url)('./undici.cjs'))",
        ...UNDICI_EXPORTS.map((name) => `export const ${name} = lazy(${JSON.stringify(name)})`),
        'function lazy(name) {',
        '  return new Proxy(function () {}, {',
        '    apply: (_, __, args) => load()[name](...args),',
        '    construct: (_, args) => new (load()[name])(...args),',
        '    get: (_, key) => load()[name][key]',
        '  })',
        '}'
      ].join('\n'),
      loader: 'js'
    }))
  }
}

/**
 * Lets esbuild drop what is not used of packages that do not say that their modules are free of side effects: `@actions/core` would bring its
 * OIDC client, and with that an HTTP client, into every start.
 */
const unusedIsDropped: Plugin = {
  name: 'unused-is-dropped',
  setup(builder) {
    builder.onResolve({ filter: /^(@actions\/|\.)/ }, async ({ path, pluginData, ...args }) => {
      const ofActions =
        /node_modules\/@actions\/[^/]+\/lib$/.test(args.resolveDir) || path.startsWith('@actions/')
      if (!ofActions || pluginData === unusedIsDropped) return undefined
      const resolved = await builder.resolve(path, { ...args, pluginData: unusedIsDropped })
      return { ...resolved, sideEffects: false }
    })
  }
}

/** The licences of every package that ended up in the bundles; a package without one is an error. */
function collectLicences(inputs: readonly string[]): string {
  const packages = new Set(
    inputs.flatMap((input) => {
      const directory = /^(?:[a-z-]+:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]
      return directory === undefined ? [] : [relative(root, resolve(root, directory))]
    })
  )
  const texts = [...packages].sort().map((directory) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, directory, 'package.json'), 'utf8')
    ) as Record<string, string>
    const file = readdirSync(join(root, directory)).find((one) => /^(licen[cs]e|copying)/i.test(one))
    if (file === undefined && license === undefined) throw new Error(`${name ?? directory} has no licence`)
    const text = file === undefined ? '' : readFileSync(join(root, directory, file), 'utf8').trim()
    return `${name} ${version}\n${license}\n\n${text}\n`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

/**
 * Builds every entry into `target`.
 * @param target an existing or new directory; main is written to `index.js` in it, post to `post/index.js`
 */
async function buildInto(target: string): Promise<void> {
  const staging = join(root, 'build')
  rmSync(staging, { recursive: true, force: true })
  mkdirSync(staging, { recursive: true })
  rmSync(target, { recursive: true, force: true })
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node24',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning'
  } as const
  const undici = await build({
    ...common,
    entryPoints: [createRequire(import.meta.url).resolve('undici')],
    outfile: join(staging, 'undici.cjs'),
    format: 'cjs'
  })
  const inputs = Object.keys(undici.metafile.inputs)
  const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
  for (const [source, out] of [
    ['main', target],
    ['post', join(target, 'post')]
  ] as const) {
    const { metafile } = await build({
      ...common,
      entryPoints: { index: join(root, `src/${source}.ts`) },
      outdir: join(staging, source),
      outExtension: { '.js': '.mjs' },
      splitting: true,
      format: 'esm',
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
      },
      plugins: [lazyUndici, unusedIsDropped]
    })
    inputs.push(...Object.keys(metafile.inputs))
    execFileSync(
      process.execPath,
      [ncc, 'build', join(staging, source, 'index.mjs'), '-o', out, '--target', 'es2023'],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit']
      }
    )
    renameSync(join(out, 'index.mjs'), join(out, 'index.js'))
    cpSync(join(staging, 'undici.cjs'), join(out, 'undici.cjs'))
  }
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(target, 'licenses.txt'), collectLicences(inputs))
}

const check = process.argv.includes('--check')
if (check) {
  const target = mkdtempSync(join(tmpdir(), 'rotate-dist-'))
  await buildInto(join(target, 'dist'))
  try {
    execFileSync('diff', ['-rq', join(root, 'dist'), join(target, 'dist')], { stdio: 'inherit' })
    console.log('dist is what src builds to')
  } catch {
    console.error('dist is not what src builds to: run "npm run build" and commit dist')
    process.exitCode = 1
  } finally {
    rmSync(target, { recursive: true, force: true })
  }
} else {
  await buildInto(join(root, 'dist'))
}
