/** Compiled code that the test files of a process share: each has a context of its own, for which V8 would compile every module again. */
import vm from 'node:vm'

/** What V8 compiled, by the source. */
type Compiled = Map<string, Buffer>

/** Makes `vm` compile each source once per process; jest compiles with it all that a test file loads. */
export function shareCompiledCode(): void {
  const { SourceTextModule, compileFunction } = vm
  Object.assign(vm, {
    SourceTextModule: cacheModules(SourceTextModule),
    compileFunction: cacheFunctions(compileFunction)
  })
}

/** The class with a method that the types of Node.js lack. */
type ModuleClass = new (
  ...args: ConstructorParameters<typeof vm.SourceTextModule>
) => vm.SourceTextModule & { readonly createCachedData: () => Buffer }

function cacheModules(original: typeof vm.SourceTextModule): typeof vm.SourceTextModule {
  const compiled: Compiled = new Map()
  return new Proxy(original, {
    construct(target, [code, options]: [string, vm.SourceTextModuleOptions]) {
      const Module = target as ModuleClass
      const cachedData = compiled.get(code)
      if (cachedData !== undefined) {
        try {
          return new Module(code, { ...options, cachedData })
        } catch {
          // V8 rejects what it compiled with other flags, and a test sets one to collect garbage.
        }
      }
      const module = new Module(code, options)
      compiled.set(code, module.createCachedData())
      return module
    }
  })
}

function cacheFunctions(original: typeof vm.compileFunction): typeof vm.compileFunction {
  const compiled: Compiled = new Map()
  return (code, parameters = [], options = {}) => {
    const key = `${parameters.join()}\n${code}`
    const cachedData = compiled.get(key)
    if (cachedData !== undefined) {
      const fromCache = original(code, parameters, { ...options, cachedData })
      if (fromCache.cachedDataRejected === true) compiled.delete(key)
      return fromCache
    }
    const fresh = original(code, parameters, { ...options, produceCachedData: true })
    if (fresh.cachedData !== undefined) compiled.set(key, fresh.cachedData)
    return fresh
  }
}
