import vm from 'node:vm'
import { TestEnvironment } from 'jest-environment-node'
import { shareCompiledCode } from './code-cache.ts'

shareCompiledCode()

// When nothing is open any more, a worker ends at once. To free its heap first takes longer than the half second after which jest kills it
// and reports that something was left open.
process.once('beforeExit', () => process.exit())

/** Context of all test files of this process. */
let shared: vm.Context | undefined

/** The context's globals before the first test file. */
let initial: ReadonlyMap<PropertyKey, PropertyDescriptor> | undefined

/**
 * jest's Node environment in a plain context, which the test files of a process share with the modules in it. Behind jest's proxy of the global
 * object, code that uses `Promise` or `JSON` takes several times as long.
 */
export default class PlainContextEnvironment extends TestEnvironment {
  constructor(...args: ConstructorParameters<typeof TestEnvironment>) {
    const { createContext } = vm
    Object.assign(vm, {
      createContext: () => (shared ??= prepare(createContext(vm.constants.DONT_CONTEXTIFY)))
    })
    try {
      super(...args)
    } finally {
      Object.assign(vm, { createContext })
    }
    initial ??= globalsOf(this.global)
  }

  /** Gives the next test file the globals that the first one had. */
  override async teardown(): Promise<void> {
    const { global } = this
    await super.teardown()
    for (const [key, { value, configurable }] of globalsOf(global)) {
      const before = initial?.get(key)
      if (configurable !== true) continue
      if (before === undefined) Reflect.deleteProperty(global, key)
      else if ('value' in before && before.value !== value) Object.defineProperty(global, key, before)
    }
    // A simulation replaces functions of Web Crypto, which is one object for all contexts of the process.
    for (const key of Reflect.ownKeys(crypto.subtle)) Reflect.deleteProperty(crypto.subtle, key)
  }
}

/** Globals that jest defines for each test file, and as constants unless they are there. */
const REDEFINED = [
  'jest-symbol-do-not-touch',
  ...['promise', 'now', 'read-file', 'write-file', 'exists-file'].map((name) =>
    Symbol.for(`jest-native-${name}`)
  )
]

function prepare(context: vm.Context): vm.Context {
  for (const key of REDEFINED) Object.defineProperty(context, key, { configurable: true, value: undefined })
  return context
}

function globalsOf(global: object): ReadonlyMap<PropertyKey, PropertyDescriptor> {
  return new Map(Reflect.ownKeys(global).map((key) => [key, Object.getOwnPropertyDescriptor(global, key)!]))
}
