import { readBody, summarizeBody } from './body.ts'
import { systemClock, type SandboxClock } from './clock.ts'
import { createCloudflareService } from './cloudflare/app.ts'
import { CloudflareState } from './cloudflare/state.ts'
import { describeFault, Faults, markFaulted, type Fault } from './faults.ts'
import { foreignAnswer } from './foreign-pages.ts'
import { createGithubService } from './github/app.ts'
import { GithubState } from './github/state.ts'
import { createProtectedService } from './protected/app.ts'
import { createR2Service } from './r2/service.ts'
import { Entropy } from './random.ts'
import type { Service } from './service.ts'
import { Transcript, type Call } from './transcript.ts'

export type { SandboxClock } from './clock.ts'

/** Options of a sandbox; everything has a default. */
export interface SandboxOptions {
  readonly clock?: SandboxClock
  /** Numbers in [0, 1); pass a seeded source where a run must be repeatable. */
  readonly random?: () => number
  /** Duration of each call, half of it before and half after it is applied, in milliseconds. */
  readonly latencyMs?: number
  readonly accountId?: string
}

/** Called twice for each call, before and after it is applied; the call waits for its promise. */
export type CallListener = (event: { phase: 'before' | 'after'; call: Call }) => void | Promise<void>

/** Stateful Cloudflare with the services that it protects, and GitHub, behind one handler. */
export interface Sandbox {
  /** Answers any call; throws `TypeError('fetch failed')` where the connection breaks, as fetch does. */
  readonly handle: (request: Request) => Promise<Response>
  /** `handle` with the signature of fetch, to be injected into clients. */
  readonly fetch: typeof fetch
  readonly cloudflare: CloudflareState
  readonly github: GithubState
  readonly transcript: Transcript
  readonly faults: Faults
  readonly clock: SandboxClock
  /** Operations that answer each call with the answer to the same call before, as a cache that is behind. */
  readonly behind: Set<string>
  latencyMs: number
  /** Registers a listener and returns a function that removes it. */
  readonly onCall: (listener: CallListener) => () => void
}

/** Creates an empty account and an empty GitHub; `seedBootstrapAccount` fills them. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const clock = options.clock ?? systemClock
  const entropy = new Entropy(options.random ?? Math.random)
  const order = entropy.fork()
  const cloudflare = new CloudflareState({
    clock,
    entropy,
    order,
    accountId: options.accountId ?? '023e105f4ecef8ad9ca31a8372d0c353',
    userId: '7c5dae5552338874e5053f2534d2767a'
  })
  const github = new GithubState({ clock, entropy, order })
  const services: Service[] = [
    createProtectedService(cloudflare, entropy),
    createR2Service(cloudflare),
    createCloudflareService(cloudflare),
    createGithubService(github)
  ]
  const transcript = new Transcript()
  const faults = new Faults()
  const listeners = new Set<CallListener>()
  const earlier = new Map<string, Response>()
  // References to calls that hang: a garbage-collected request would not notice that it is aborted.
  const inProgress = new Set<Request>()

  const sandbox: Sandbox = {
    cloudflare,
    github,
    transcript,
    faults,
    clock,
    behind: new Set(),
    latencyMs: options.latencyMs ?? 0,
    handle,
    fetch: (input, init) => handle(new Request(input, init)),
    onCall(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  }
  return sandbox

  async function handle(request: Request): Promise<Response> {
    const url = new URL(request.url)
    for (const service of services) {
      const path = service.findPath(url)
      if (path !== undefined) return await serving(request, { url, path, service })
    }
    return new Response('The sandbox serves /client/v4, /api/v3, /service and /r2.\n', { status: 404 })
  }

  async function serving(request: Request, { url, path, service }: Route): Promise<Response> {
    const operation = service.findOperation(request.method, path)
    const call = transcript.begin({
      api: service.api,
      method: request.method,
      path: path + url.search,
      operation,
      actor: service.findActor(request),
      startedAt: clock.now()
    })
    const { api, method, actor } = call
    const fault = faults.take({
      ...{ api, method, operation, actor, paths: [path, url.pathname, path + url.search] },
      bearer: /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
    })
    if (fault !== undefined) call.fault = describeFault(fault)
    const { signal } = request
    inProgress.add(request)
    try {
      signal.throwIfAborted()
      return await withAbort(exchange(request, { call, fault, service, path, origin: url.origin }), signal)
    } catch (error) {
      if (signal.aborted) transcript.end(call, fault?.answer === 'hang' ? 'hung' : 'aborted', clock.now())
      throw error
    } finally {
      inProgress.delete(request)
    }
  }

  async function exchange(
    request: Request,
    { call, fault, service, path, origin }: Exchange
  ): Promise<Response> {
    // Reading a multipart body takes turns of the event loop, during which a virtual clock would advance.
    const reading = readBody(request)
    const body = await (clock.hold?.(reading) ?? reading)
    const summary = summarizeBody(body)
    if (summary !== undefined) call.body = summary
    if (sandbox.latencyMs > 0) await clock.sleep(sandbox.latencyMs / 2)
    await tell({ phase: 'before', call })
    let response: Response | undefined
    if (fault?.when !== 'before') {
      response = answerOf(call, await service.fetch(request, { path, body, origin }))
      call.applied = response.ok
    }
    await tell({ phase: 'after', call })
    if (sandbox.latencyMs > 0) await clock.sleep(sandbox.latencyMs / 2)
    if (fault !== undefined) response = markFaulted(await applyFault(call, { fault, service }))
    if (response === undefined) throw new Error('a call without an answer')
    transcript.end(call, response.status, clock.now())
    return response
  }

  function answerOf({ operation, path }: Call, fresh: Response): Response {
    if (operation === undefined || !sandbox.behind.has(operation)) return fresh
    const before = earlier.get(path)
    earlier.set(path, fresh.clone())
    return before ?? fresh
  }

  async function applyFault(
    call: Call,
    { fault, service }: { fault: Fault; service: Service }
  ): Promise<Response> {
    const { answer } = fault
    if (typeof answer === 'object' && 'connection' in answer) return breakConnection(call, answer.connection)
    if (typeof answer === 'object' && 'page' in answer) return foreignAnswer(answer.page, clock)
    switch (answer) {
      case 'drop':
        return breakConnection(call, 'UND_ERR_SOCKET', 'other side closed')
      case 'hang':
        return await new Promise<never>(() => {})
      case 'garbage':
        return new Response('<!doctype html><title>error</title>\u0000{"result":', {
          headers: { 'content-type': 'application/json' }
        })
      default:
        return service.refuse(answer)
    }
  }

  function breakConnection(call: Call, code: string, message = code): never {
    transcript.end(call, 'dropped', clock.now())
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) })
  }

  async function tell(event: Parameters<CallListener>[0]): Promise<void> {
    for (const listener of listeners) await listener(event)
  }
}

interface Route {
  readonly url: URL
  readonly path: string
  readonly service: Service
}

interface Exchange {
  readonly call: Call
  readonly fault: Fault | undefined
  readonly service: Service
  readonly path: string
  readonly origin: string
}

/** Like fetch, rejects at once on an abort, while the other side may continue and apply the call. */
async function withAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
