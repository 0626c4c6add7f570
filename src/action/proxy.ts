/**
 * Makes `fetch` go through the proxy that the runner's environment names, as `@actions/http-client` does for other actions.
 * @returns a warning when the runner's Node.js can't do it
 */
export async function useProxyFromEnvironment(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].filter(
    (name) => (env[name] ?? '') !== ''
  )
  if (names.length === 0 || env['NODE_USE_ENV_PROXY'] === '1') return undefined
  const http = await import('node:http')
  if (typeof http.setGlobalProxyFromEnv === 'function') {
    http.setGlobalProxyFromEnv()
    return undefined
  }
  return `${names.join(', ')}: this runner's Node.js uses a proxy only when the step sets NODE_USE_ENV_PROXY=1; calls go out directly.`
}
