import { createVirtualClock } from '../../sandbox/clock.ts'
import { seededRandom } from '../../sandbox/random.ts'
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { seedBootstrapAccount, type BootstrapAccount } from '../../sandbox/seed.ts'
import { simulateTime } from '../../simulation/simulated-clock.ts'
import { D1Lock } from '../../src/locks/d1-lock.ts'
import { KvLock } from '../../src/locks/kv-lock.ts'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import { Connection, TTL, lagging, runUrlOf, type LockSubject } from './subject.ts'

/** Lock subject in the sandbox, with access to the sandbox. */
export interface SandboxSubject extends LockSubject {
  readonly sandbox: Sandbox
  readonly account: BootstrapAccount
  /** The name of the lock that is in use. */
  readonly rotation: string
}

/** Creates a lock in Workers KV, on the sandbox. */
export function createKvSubject(): Promise<SandboxSubject> {
  return Promise.resolve(
    createSubject((stage, owner) => {
      const { connection, clock, account, rotation } = stage
      return new KvLock({
        account: connection.account(account.apiToken.value, clock),
        namespaceId: account.namespace.id,
        rotation,
        ttlMs: TTL * 1000,
        owner,
        runUrl: runUrlOf(owner),
        clock,
        random: () => 1,
        reporter: { info: () => undefined, warning: () => undefined }
      })
    })
  )
}

/** Creates a lock in D1, on the SQLite and the clock of the sandbox. */
export function createD1Subject(token?: string): Promise<SandboxSubject> {
  return Promise.resolve(
    createSubject((stage, owner) => {
      const { connection, clock, account, rotation } = stage
      return new D1Lock({
        account: connection.account(token ?? account.apiToken.value, clock),
        databaseId: account.database.id,
        rotation,
        ttlMs: TTL * 1000,
        owner,
        runUrl: runUrlOf(owner),
        clock,
        random: () => 1
      })
    })
  )
}

interface Stage {
  readonly connection: Connection
  readonly clock: Clock
  readonly account: BootstrapAccount
  readonly rotation: string
}

function createSubject(
  lockOf: (stage: Stage, owner: LockOwner) => ReturnType<LockSubject['lockOf']>
): SandboxSubject {
  const virtual = createVirtualClock()
  const sandbox = createSandbox({ clock: virtual, random: seededRandom(1) })
  const account = seedBootstrapAccount(sandbox)
  const time = simulateTime(virtual)
  const clock = lagging(time.clock)
  const connection = new Connection(time.wrapFetch(sandbox.fetch))
  let rotation = 'lock-0'
  let locks = 0
  return {
    sandbox,
    account,
    get rotation() {
      return rotation
    },
    lockOf: (owner) => lockOf({ connection, clock, account, rotation }, owner),
    pass(seconds) {
      virtual.advance(seconds * 1000)
      return Promise.resolve()
    },
    passForStore(seconds) {
      virtual.advance(seconds * 1000)
      clock.lag(seconds * 1000)
      return Promise.resolve()
    },
    loseAnswers: (count) => connection.loseAnswers(count),
    delayNext: (meanwhile) => connection.delayNext(meanwhile),
    fence: () =>
      Promise.resolve(
        Number(account.database.run('SELECT fence FROM rotate_locks WHERE name = ?', rotation)[0]?.['fence'])
      ),
    renew() {
      connection.loseAnswers(0)
      rotation = `lock-${++locks}`
    },
    close: () => Promise.resolve()
  }
}
