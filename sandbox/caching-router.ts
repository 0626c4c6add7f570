import type { Result, Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'

/** Most paths in the cache; a sandbox that is served for days sees more than a simulation. */
const LIMIT = 10_000

/** Hono's router with a cache of paths: runs repeat each other's paths, and each path is looked up twice, to name it and to answer it. */
export class CachingRouter<T> implements Router<T> {
  readonly name = 'CachingRouter'
  readonly #router = new TrieRouter<T>()
  readonly #found = new Map<string, Result<T>>()

  add(method: string, path: string, handler: T): void {
    this.#router.add(method, path, handler)
    this.#found.clear()
  }

  match(method: string, path: string): Result<T> {
    const key = `${method} ${path}`
    let found = this.#found.get(key)
    if (found === undefined) {
      if (this.#found.size >= LIMIT) this.#found.clear()
      found = this.#router.match(method, path)
      this.#found.set(key, found)
    }
    return found
  }
}
