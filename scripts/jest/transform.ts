/** Transformer that removes the types, as Node.js does when it runs the action's scripts; what remains stays on its line and column. */
import { stripTypeScriptTypes } from 'node:module'

export default { process: (code: string) => ({ code: stripTypeScriptTypes(code) }) }
