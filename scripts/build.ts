/**
 * Builds `dist/`: esbuild bundles and tree-shakes the sources, then ncc produces the files that run.
 *
 * esbuild goes first because ncc alone cannot tree-shake the `cloudflare` package, whose manifest does not say that its modules have no side
 * effects. `index.mjs` holds what every start needs, and chunks hold the rest. `undici`, which the toolkit uses only behind a proxy, is a file
 * that is read at its first use.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { build, transformSync, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..')

/** The exports of `undici` that packages in the bundle use, each from its own module: the whole package is a third larger. */
const UNDICI_EXPORTS = {
  Agent: "require('undici/lib/dispatcher/agent')",
  ProxyAgent: "require('undici/lib/dispatcher/proxy-agent')",
  fetch: "require('undici/lib/web/fetch').fetch"
}

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
        ...Object.keys(UNDICI_EXPORTS).map((name) => `export const ${name} = lazy(${JSON.stringify(name)})`),
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
 * Lets esbuild drop unused modules of packages that do not say that their modules have no side effects: otherwise `@actions/core` would bring
 * its OIDC client, and with it an HTTP client, into every start.
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

/** Texts of the licences of all packages in the bundle. @throws Error for a package without a licence */
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

/** Options of every bundle. */
const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning'
} as const

/** Writes the file that the bundle reads at the first use of `undici`. @returns the files that went into it */
async function bundleUndici(outfile: string): Promise<readonly string[]> {
  const { metafile } = await build({
    ...COMMON,
    stdin: {
      contents: [
        // The tunnel through a proxy is one of these methods.
        "Object.assign(require('undici/lib/dispatcher/dispatcher').prototype, require('undici/lib/api'))",
        ...Object.entries(UNDICI_EXPORTS).map(([name, code]) => `exports.${name} = ${code}`)
      ].join('\n'),
      resolveDir: root
    },
    outfile,
    format: 'cjs'
  })
  return Object.keys(metafile.inputs)
}

/** Writes what the action and the command share as `index.mjs` with its chunks. @returns the files that went into it */
async function bundleBoth(outdir: string): Promise<readonly string[]> {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: { index: join(root, 'src/main.ts') },
    outdir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    format: 'esm',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
    },
    plugins: [lazyUndici, unusedIsDropped]
  })
  return Object.keys(metafile.inputs)
}

/** Entry of the action: main and post. */
const ACTION = "import { runAction } from './index.mjs'\nawait runAction()\n"

/** Writes the entry of the command, which says on an old Node.js at once that it is too old: that could not even read the bundle. */
async function bundleCommand(outfile: string): Promise<void> {
  await build({
    ...COMMON,
    target: 'node12.22',
    stdin: {
      contents: [
        "import { findTooOldNode } from './src/process/node-version.ts'",
        "const tooOld = findTooOldNode('this machine')",
        "if (tooOld === undefined) import('./index.mjs').then((bundle) => bundle.runCommandLine())",
        'else {',
        "  console.error('error: ' + tooOld)",
        '  process.exitCode = 2',
        '}'
      ].join('\n'),
      resolveDir: root,
      sourcefile: 'cli.ts'
    },
    external: ['./index.mjs'],
    outfile,
    format: 'esm',
    banner: { js: '#!/usr/bin/env node' }
  })
  chmodSync(outfile, 0o755)
}

/** Takes out the white space and the comments that ncc adds. */
function compact(directory: string): void {
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.mjs'))) {
    const path = join(directory, file)
    const { code } = transformSync(readFileSync(path, 'utf8'), {
      ...{ minifyWhitespace: true, minifySyntax: true, legalComments: 'none' },
      ...{ format: 'esm', target: COMMON.target }
    })
    writeFileSync(path, code)
  }
}

/**
 * Builds the action and the command.
 * @param target an existing or new directory; in it `index.js` is main and post of the action, and `cli.js` the command
 */
async function buildInto(target: string): Promise<void> {
  const staging = join(root, 'build/action')
  rmSync(staging, { recursive: true, force: true })
  rmSync(target, { recursive: true, force: true })
  const undici = await bundleUndici(join(staging, 'undici.cjs'))
  const both = await bundleBoth(staging)
  const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
  execFileSync(
    process.execPath,
    [ncc, 'build', join(staging, 'index.mjs'), '-o', target, '--target', 'es2023'],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }
  )
  compact(target)
  writeFileSync(join(target, 'index.js'), ACTION)
  await bundleCommand(join(target, 'cli.js'))
  cpSync(join(staging, 'undici.cjs'), join(target, 'undici.cjs'))
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(target, 'licenses.txt'), collectLicences([...undici, ...both]))
}

const check = process.argv.includes('--check')
if (check) {
  const target = mkdtempSync(join(tmpdir(), 'rotate-dist-'))
  await buildInto(join(target, 'dist'))
  try {
    execFileSync('diff', ['-rq', join(root, 'dist'), join(target, 'dist')], { stdio: 'inherit' })
    console.log('dist matches src')
  } catch {
    console.error('dist does not match src: run "npm run bundle" and commit dist')
    process.exitCode = 1
  } finally {
    rmSync(target, { recursive: true, force: true })
  }
} else {
  await buildInto(join(root, 'dist'))
}
