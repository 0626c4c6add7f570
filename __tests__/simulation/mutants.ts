import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { build, type Plugin } from 'esbuild'

/** Trials of the exhaustive matrix by the operation of the call that goes wrong, or others by their id. */
export type Selection =
  | { readonly kind: string; readonly operation: RegExp; readonly faults: readonly string[] }
  | { readonly ids: readonly string[] }

/** A bug, put into one source in memory. */
export interface Mutant {
  readonly name: string
  /** Path of the source from the root of the repository. */
  readonly file: string
  /** A text that is in the source exactly once, and what takes its place. */
  readonly from: string
  readonly to: string
  /** Trials of which at least one must find it. */
  readonly trials: readonly Selection[]
  /** The invariants, one of which must be violated. */
  readonly breaks: readonly string[]
}

/** What became of the trials: they end at the first violation. */
export interface MutantVerdict {
  readonly trials: number
  readonly invariants: readonly string[]
}

const root = join(import.meta.dirname, '..', '..')

/** Runs trials on the real code with one change in it, or with none. */
export async function runMutant(
  name: string,
  { mutation, trials }: { mutation?: Pick<Mutant, 'file' | 'from' | 'to'>; trials: readonly Selection[] }
): Promise<MutantVerdict> {
  const directory = join(root, 'build', 'mutants')
  const outfile = join(directory, `${name.replaceAll(/\W+/g, '-')}.mjs`)
  await mkdir(directory, { recursive: true })
  await build({
    entryPoints: [join(import.meta.dirname, 'mutant-worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
    plugins: mutation === undefined ? [] : [mutating(mutation)]
  })
  try {
    return await finish(new Worker(outfile, { workerData: trials }))
  } finally {
    await rm(outfile)
  }
}

function mutating({ file, from, to }: Pick<Mutant, 'file' | 'from' | 'to'>): Plugin {
  return {
    name: 'mutant',
    setup(builder) {
      builder.onLoad({ filter: new RegExp(`${file.replaceAll(/[/.]/g, '\\$&')}$`) }, async ({ path }) => {
        const parts = (await readFile(path, 'utf8')).split(from)
        if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`)
        return { contents: parts.join(to), loader: 'ts' }
      })
    }
  }
}

async function finish(worker: Worker): Promise<MutantVerdict> {
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  } finally {
    await worker.terminate()
  }
}
