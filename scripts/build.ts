/**
 * Builds `dist/`: esbuild bundles and tree-shakes the sources, then ncc produces what runs and the licences.
 *
 * esbuild goes first because ncc alone cannot tree-shake the `cloudflare` package, whose manifest does not say that its modules are free of
 * side effects. `undici` is wrapped so that it is evaluated at its first use only: both `@actions/core` and `@actions/github` import it for
 * proxies, and it is most of their start-up time.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..')

/** Defers the evaluation of `undici` to the first use of one of its exports. */
const lazyUndici: Plugin = {
  name: 'lazy-undici',
  setup(builder) {
    builder.onResolve({ filter: /^undici$/ }, (args) =>
      args.pluginData === 'real'
        ? undefined
        : { path: args.importer, namespace: 'lazy-undici', pluginData: args.resolveDir }
    )
    builder.onLoad({ filter: /.*/, namespace: 'lazy-undici' }, async (args) => {
      const real = await builder.resolve('undici', {
        kind: 'require-call',
        resolveDir: args.pluginData as string,
        pluginData: 'real'
      })
      const names = [
        'Agent',
        'ProxyAgent',
        'EnvHttpProxyAgent',
        'fetch',
        'request',
        'Headers',
        'Response',
        'FormData'
      ]
      const getters = names.map((name) => `get ${name}() { return load().${name} }`).join(',\n')
      return {
        contents: `let real\nconst load = () => (real ??= require(${JSON.stringify(real.path)}))\nmodule.exports = {\n${getters}\n}`,
        loader: 'js',
        resolveDir: args.pluginData as string
      }
    })
  }
}

/**
 * Builds every entry into `target`.
 * @param target an existing or new directory; entries are written to `index.js` and `post.js` in it
 */
async function buildInto(target: string): Promise<void> {
  const staging = join(root, 'build')
  rmSync(staging, { recursive: true, force: true })
  mkdirSync(staging, { recursive: true })
  await build({
    entryPoints: { index: join(root, 'src/main.ts'), post: join(root, 'src/post.ts') },
    outdir: staging,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    legalComments: 'none',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
    },
    plugins: [lazyUndici],
    logLevel: 'warning'
  })
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
  for (const entry of ['index', 'post']) {
    const out = join(staging, `ncc-${entry}`)
    execFileSync(
      process.execPath,
      [ncc, 'build', join(staging, `${entry}.mjs`), '-o', out, '--target', 'es2023'],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit']
      }
    )
    for (const file of readdirSync(out)) {
      const name = file.startsWith('index.') ? file.replace(/^index\.m?js/, `${entry}.js`) : file
      cpSync(join(out, file), join(target, name), { recursive: true })
    }
  }
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
