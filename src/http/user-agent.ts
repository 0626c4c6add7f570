/** What every service is told that calls it: this program and its version, which is that of `package.json`. */
export const USER_AGENT = 'rotate-action/0.1.0'
