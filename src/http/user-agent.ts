/** The `User-Agent` of every request: this program and its version, as in `package.json`. */
export const USER_AGENT = 'rotate-action/0.1.0'
