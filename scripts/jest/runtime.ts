/** jest's runtime, in which the test files of a process share every module but their own: nothing outside of `__tests__` keeps more than a cache. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type vm from 'node:vm'
import type jestRuntime from 'jest-runtime'

const { default: Runtime } = createRequire(import.meta.url)('jest-runtime') as typeof jestRuntime

const TESTS = urlOf('__tests__/')
/** Module that replaces functions of a package: what a test file with it has loaded is not used by another one. */
const PATCHES = urlOf('simulation/fake-sealing.ts')

/** Modules by URL. */
type Modules = Map<string, vm.Module>

type Import = (...args: readonly unknown[]) => Promise<vm.Module>

/** Parts of jest's runtime that its types hide. */
interface Parts {
  readonly registries: { readonly getActiveEsmRegistry: () => Modules }
  readonly esmLoader: { dynamicImport: Import }
}

/** Modules that earlier test files have loaded. */
const shared: Modules = new Map()

/** `import()` of the present test file, which a module uses that another test file has loaded. */
let dynamicImport: Import

/** Runtime of one test file. */
export default class SharingRuntime extends Runtime {
  readonly #modules: Modules

  constructor(...args: ConstructorParameters<typeof Runtime>) {
    super(...args)
    const { registries, esmLoader } = this as unknown as Parts
    this.#modules = registries.getActiveEsmRegistry()
    for (const [url, module] of shared) this.#modules.set(url, module)
    dynamicImport = esmLoader.dynamicImport
    esmLoader.dynamicImport = (...of) => dynamicImport(...of)
  }

  override teardown(): void {
    if (this.#modules.has(PATCHES)) shared.clear()
    else
      for (const [url, module] of this.#modules)
        if (url.startsWith('file:') && !url.startsWith(TESTS) && module.status === 'evaluated')
          shared.set(url, module)
    super.teardown()
  }
}

function urlOf(path: string): string {
  return pathToFileURL(join(import.meta.dirname, '../..', path)).href
}
