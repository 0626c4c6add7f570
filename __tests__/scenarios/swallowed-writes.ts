import type { GithubSecret } from '../../sandbox/github/secret-vault.ts'
import { isCall } from '../../simulation/calls.ts'
import type { World } from '../../simulation/world.ts'

/** Lets GitHub answer the next write of a secret as it should, and not carry it out. */
export function swallowGithubWrite(world: World, name: string): void {
  const vault = world.account.repository.environment(world.account.environment)
  let saved: GithubSecret | undefined
  const stop = world.sandbox.onCall(({ phase, call }) => {
    if (!isCall('putSecret', new RegExp(`/${name}$`))(call)) return
    if (phase === 'before') saved = { ...vault.find(name)! }
    else {
      Object.assign(vault.find(name)!, saved)
      stop()
    }
  })
}

/** Lets the Secrets Store answer the next write of a secret as it should, and not carry it out. */
export function swallowStoreWrite(world: World, name: string): void {
  const secret = [...world.account.store.secrets.values()].find((one) => one.name === name)!
  let saved = { ...secret }
  const stop = world.sandbox.onCall(({ phase, call }) => {
    if (!isCall('editStored', secret.id)(call)) return
    if (phase === 'before') saved = { ...secret }
    else {
      Object.assign(secret, { value: saved.value, comment: saved.comment, modified: saved.modified })
      stop()
    }
  })
}
