import type { AlertPort } from './alert.ts'

/** `alert.type: none`: the failed workflow itself is all that is said. */
export const noAlert: AlertPort = { label: 'none', report: () => Promise.resolve(undefined) }
