/** Compiled code that the test files of a process share: each has a context of its own, for which V8 would compile every module again. */
import vm from 'node:vm'

/** What V8 compiled, by the source. */
type Compiled = Map<string, Buffer>

/** Makes `vm` compile each source once per process; jest compiles with it all that a test file loads. */
export function shareCompiledCode(): void {
  const modules: Compiled = new Map()
  const functions: Compiled = new Map()
  const { SourceTextModule, compileFunction } = vm

  class CachedModule extends SourceTextModule {
    /** The types of Node.js lack it. */
    declare createCachedData: () => Buffer

    constructor(code: string, options: vm.SourceTextModuleOptions) {
      const cachedData = modules.get(code)
      super(code, cachedData === undefined ? options : { ...options, cachedData })
      if (cachedData === undefined) modules.set(code, this.createCachedData())
    }
  }

  const compileCached: typeof compileFunction = (code, parameters = [], options = {}) => {
    const key = `${parameters.join()}\n${code}`
    const cachedData = functions.get(key)
    if (cachedData !== undefined) return compileFunction(code, parameters, { ...options, cachedData })
    const compiled = compileFunction(code, parameters, { ...options, produceCachedData: true })
    if (compiled.cachedData !== undefined) functions.set(key, compiled.cachedData)
    return compiled
  }
  Object.assign(vm, { SourceTextModule: CachedModule, compileFunction: compileCached })
}
