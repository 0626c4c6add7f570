import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, it } from '@jest/globals'

interface Undici {
  readonly ProxyAgent: new (options: { readonly uri: string }) => { readonly close: () => Promise<void> }
  readonly fetch: (url: string, init: { readonly dispatcher: object }) => Promise<Response>
}

const servers: Server[] = []
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
  )
})

async function listen(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('fetches through the tunnel of a proxy with what the bundle has of undici', async () => {
  const { ProxyAgent, fetch } = createRequire(import.meta.url)(
    join(import.meta.dirname, '../../dist/undici.cjs')
  ) as Undici
  const tunnels: string[] = []
  const service = await listen(createServer((request, response) => response.end(`hello ${request.url}`)))
  const proxy = await listen(
    createServer().on('connect', (request, socket) => {
      tunnels.push(request.url ?? '')
      const { hostname, port } = new URL(`http://${request.url}`)
      const upstream = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      for (const one of [upstream, socket]) one.on('error', () => undefined)
    })
  )
  const dispatcher = new ProxyAgent({ uri: proxy })
  const response = await fetch(`${service}/path`, { dispatcher })
  expect([response.status, await response.text()]).toEqual([200, 'hello /path'])
  expect(tunnels).toEqual([new URL(service).host])
  await dispatcher.close()
})
