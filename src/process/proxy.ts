import { RotationError } from '../kernel/error.ts'

/**
 * Makes `fetch` use the proxy that the environment names, as `@actions/http-client` does for other actions.
 * @returns a warning when this Node.js cannot do so
 * @throws RotationError `bad-input` when a variable does not hold the URL of a proxy
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
