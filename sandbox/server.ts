import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import type { Sandbox } from './sandbox.ts'

/** A sandbox on a loopback port. */
export interface SandboxServer {
  readonly origin: string
  /** What `cloudflare-api-url` is set to. */
  readonly cloudflareApiUrl: string
  /** What `GITHUB_API_URL` is set to. */
  readonly githubApiUrl: string
  /** Ends every connection, hanging ones too. */
  readonly close: () => Promise<void>
}

/** Answers requests that are not for the APIs, such as control routes; `undefined` leaves them to the sandbox. */
export type Interceptor = (request: Request) => Promise<Response> | Response | undefined

/** Serves a sandbox on 127.0.0.1; port 0, the default, takes any that is free. */
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
        // A fault of the connection is what a client would see of a peer that went away.
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
