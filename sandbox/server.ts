import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import type { Sandbox } from './sandbox.ts'

/** Sandbox on a loopback port. */
export interface SandboxServer {
  readonly origin: string
  /** Value for `cloudflare-api-url`. */
  readonly cloudflareApiUrl: string
  /** Value for `GITHUB_API_URL`. */
  readonly githubApiUrl: string
  /** Closes every connection, hanging ones too. */
  readonly close: () => Promise<void>
}

/** Handler of requests that are not for the APIs, such as control routes; `undefined` passes a request to the sandbox. */
export type Interceptor = (request: Request) => Promise<Response> | Response | undefined

/** Serves a sandbox on 127.0.0.1; port 0, the default, selects a free one. */
export async function serveSandbox(
  sandbox: Pick<Sandbox, 'handle'>,
  { port = 0, intercept }: { port?: number; intercept?: Interceptor } = {}
): Promise<SandboxServer> {
  const server = createAdaptorServer({
    overrideGlobalObjects: false,
    fetch: async (request, bindings) => {
      try {
        return await (intercept?.(request) ?? sandbox.handle(request))
      } catch (error) {
        const { socket } = (bindings as HttpBindings).incoming
        // The client sees a connection fault as a peer that closed the connection.
        if (isConnectionFault(error) || request.signal.aborted) socket.destroy()
        else throw error
        return new Response(null)
      }
    }
  }) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    cloudflareApiUrl: `${origin}/client/v4`,
    githubApiUrl: `${origin}/api/v3`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

function isConnectionFault(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'fetch failed'
}
