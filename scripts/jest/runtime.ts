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

/** Modules by URL, those of CommonJS by path. */
type Modules = Map<string, vm.Module | NodeJS.Module>

type Import = (...args: readonly unknown[]) => Promise<vm.Module>

/** Parts of jest's runtime that its types hide. */
interface Parts {
  readonly registries: {
    readonly getActiveEsmRegistry: () => Modules
    readonly getActiveCjsRegistry: () => Modules
  }
  readonly esmLoader: { dynamicImport: Import }
}

/** Modules that earlier test files have loaded, of either kind. */
const shared: readonly [Modules, Modules] = [new Map(), new Map()]

/** `import()` of the present test file, which a module uses that another test file has loaded. */
let dynamicImport: Import

/** Runtime of one test file. */
export default class SharingRuntime extends Runtime {
  /** Runtime of the present test file, to which `require` of such a module leads. */
  static #present: SharingRuntime
  readonly #loaded: readonly [Modules, Modules]

  constructor(...args: ConstructorParameters<typeof Runtime>) {
    super(...args)
    const { registries, esmLoader } = this as unknown as Parts
    this.#loaded = [registries.getActiveEsmRegistry(), registries.getActiveCjsRegistry()]
    for (const [index, modules] of shared.entries())
      for (const [key, module] of modules) this.#loaded[index]!.set(key, module)
    SharingRuntime.#present = this
    dynamicImport = esmLoader.dynamicImport
    esmLoader.dynamicImport = (...of) => dynamicImport(...of)
  }

  override requireModuleOrMock<T>(from: string, name: string): T {
    const present = SharingRuntime.#present
    return this === present
      ? super.requireModuleOrMock<T>(from, name)
      : present.requireModuleOrMock<T>(from, name)
  }

  override teardown(): void {
    if (this.#loaded[0].has(PATCHES)) for (const modules of shared) modules.clear()
    else
      for (const [index, modules] of this.#loaded.entries())
        for (const [key, module] of modules) if (isShared(key, module)) shared[index]!.set(key, module)
    super.teardown()
  }
}

function isShared(key: string, module: vm.Module | NodeJS.Module): boolean {
  if ('loaded' in module) return module.loaded && key.includes('/node_modules/')
  return module.status === 'evaluated' && key.startsWith('file:') && !key.startsWith(TESTS)
}

function urlOf(path: string): string {
  return pathToFileURL(join(import.meta.dirname, '../..', path)).href
}
