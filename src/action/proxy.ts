import { RotationError } from '../kernel/error.ts'

/**
 * Makes `fetch` go through the proxy that the runner's environment names, as `@actions/http-client` does for other actions.
 * @returns a warning when the runner's Node.js can't do it
 * @throws RotationError `bad-input` when a variable holds no URL of a proxy
 */
export async function useProxyFromEnvironment(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].filter(
    (name) => (env[name] ?? '') !== ''
  )
  const wrong = names.filter((name) => !isProxyUrl(env[name] ?? ''))
  if (wrong.length > 0) {
    throw new RotationError(
      'bad-input',
      `${wrong.join(', ')}: must be a URL such as http://proxy.example.com:3128, beginning with http:// or https://.`,
      { hint: 'Nothing was called and nothing was changed.' }
    )
  }
  if (names.length === 0 || env['NODE_USE_ENV_PROXY'] === '1') return undefined
  const http = await import('node:http')
  if (typeof http.setGlobalProxyFromEnv === 'function') {
    http.setGlobalProxyFromEnv()
    return undefined
  }
  return `${names.join(', ')}: this runner's Node.js uses a proxy only when the step sets NODE_USE_ENV_PROXY=1; calls go out directly.`
}

function isProxyUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text)
}
