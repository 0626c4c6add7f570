import { stripTypeScriptTypes } from 'node:module'

/** Transform that removes the types as Node.js itself does; it checks none of them, `tsc` does. */
export default { process: (source: string) => ({ code: stripTypeScriptTypes(source) }) }
