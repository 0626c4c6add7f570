import vm from 'node:vm'
import { TestEnvironment } from 'jest-environment-node'
import { shareCompiledCode } from './code-cache.ts'

shareCompiledCode()

// When nothing is open any more, a worker ends at once. To free its heap first takes longer than the half second after which jest kills it
// and reports that something was left open.
process.once('beforeExit', () => process.exit())

/** jest's Node environment in a plain context: behind jest's proxy of the global object, code that uses `Promise` or `JSON` takes several times as long. */
export default class PlainContextEnvironment extends TestEnvironment {
  constructor(...args: ConstructorParameters<typeof TestEnvironment>) {
    const { createContext } = vm
    Object.assign(vm, { createContext: () => createContext(vm.constants.DONT_CONTEXTIFY) })
    try {
      super(...args)
    } finally {
      Object.assign(vm, { createContext })
    }
  }
}
