import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { startStage, HOURLY, TOKENS, type Stage, type StageOptions } from './stage.ts'

jest.setTimeout(120_000)

let stage: Stage | undefined
afterEach(async () => {
  await stage?.close()
})

async function start(options: StageOptions = {}): Promise<Stage> {
  stage = await startStage(options)
  await stage.pass(10)
  return stage
}

function told({ sent }: Stage): readonly string[] {
  return sent.map(({ state, cause }) => `${state} ${cause}`)
}

function reportOf(acting: Stage, endsInMinutes: number): object {
  const end = (minutes: number): { expiresAt: string } => ({
    expiresAt: new Date(acting.now + minutes * 60_000).toISOString()
  })
  return {
    ...{ repository: 'octo-org/ops', workflow: '.github/workflows/rotate.yml', runId: '41', attempt: 1 },
    ...{ outcome: 'rotated', endedAt: new Date(acting.now).toISOString(), nextDue: null },
    credentials: [
      {
        rotation: 'bootstrap',
        credential: 'token-creation',
        slots: { primary: end(endsInMinutes), secondary: end(endsInMinutes - 60) }
      }
    ]
  }
}

interface Cause {
  readonly cause: string
  readonly begin: (stage: Stage) => void | Promise<void>
  readonly end: (stage: Stage) => void | Promise<void>
  /** Minutes until the alert at most, and until the recovery. */
  readonly within: readonly [number, number]
}

const CAUSES: readonly Cause[] = [
  {
    cause: 'overdue',
    begin: (acting) => {
      acting.conclude = () => 'failure'
    },
    end: (acting) => {
      acting.conclude = () => 'success'
    },
    within: [110, 70]
  },
  {
    cause: 'workflow-disabled',
    begin: ({ repository }) => {
      repository.workflows[0]!.state = 'disabled_manually'
    },
    end: ({ repository }) => {
      repository.workflows[0]!.state = 'active'
    },
    within: [60, 15]
  },
  {
    cause: 'workflow-missing',
    begin: ({ repository }) => {
      Object.assign(repository.workflows[0]!, { path: '.github/workflows/renamed.yml' })
    },
    end: ({ repository }) => {
      Object.assign(repository.workflows[0]!, { path: '.github/workflows/rotate.yml' })
    },
    within: [60, 15]
  },
  {
    cause: 'app-missing',
    begin: ({ app, sandbox }) => {
      app.repositories = []
      revoke(sandbox)
    },
    end: ({ app }) => {
      app.repositories = ['octo-org/ops']
    },
    within: [60, 15]
  },
  {
    cause: 'key-refused',
    begin: (acting) => {
      keys = acting.app.publicKeys
      acting.app.publicKeys = []
      revoke(acting.sandbox)
    },
    end: ({ app }) => {
      app.publicKeys = keys
    },
    within: [60, 15]
  },
  {
    cause: 'permission-missing',
    begin: ({ app, sandbox }) => {
      app.permissions = { metadata: 'read' }
      revoke(sandbox)
    },
    end: ({ app }) => {
      app.permissions = { actions: 'write' }
    },
    within: [60, 15]
  },
  {
    cause: 'start-refused',
    begin: ({ repository }) => {
      repository.refs.length = 0
    },
    end: ({ repository }) => {
      repository.refs.push('main')
    },
    within: [60, 15]
  },
  {
    cause: 'github-down',
    begin: ({ sandbox }) => {
      sandbox.faults.add({
        match: { api: 'github', count: Infinity },
        when: 'before',
        answer: { status: 503 }
      })
    },
    end: ({ sandbox }) => {
      sandbox.faults.clear()
    },
    within: [60, 15]
  }
]

let keys: readonly string[] = []

/** GitHub ends the tokens of an App that was uninstalled or whose key was deleted; the others end after an hour. */
function revoke(sandbox: Stage['sandbox']): void {
  sandbox.github.deleteTokensOf('octo-clock')
}

describe('alerts', () => {
  it.each(CAUSES)(
    'raises one alert for $cause, and sends one message when it ends',
    async ({ cause, begin, end, within }) => {
      const acting = await start()
      expect(acting.sent).toEqual([])
      await begin(acting)
      await acting.pass(within[0])
      expect(told(acting)).toEqual([`raised ${cause}`])
      // It lasts for hours, and is not repeated.
      await acting.pass(70)
      expect(told(acting)).toEqual([`raised ${cause}`])
      await end(acting)
      await acting.pass(within[1])
      expect(told(acting)).toEqual([`raised ${cause}`, `recovered ${cause}`])
      await acting.pass(65)
      expect(told(acting)).toHaveLength(2)
    }
  )

  it('raises the alert about a credential that comes near its end, whatever GitHub does', async () => {
    const acting = await start()
    acting.sandbox.faults.add({
      match: { api: 'github', count: Infinity },
      when: 'before',
      answer: 'drop'
    })
    await acting.post('/report', reportOf(acting, 120), TOKENS.REPORT_TOKEN)
    await acting.pass(89)
    expect(told(acting)).toEqual(['raised github-down'])
    await acting.pass(2)
    expect(told(acting)).toEqual(['raised github-down', 'raised credential-ending'])
    const raised = acting.sent[1]!
    expect(raised.title).toContain('token-creation of bootstrap')
    acting.sandbox.faults.clear()
    await acting.pass(8)
    await acting.post('/report', reportOf(acting, 120), TOKENS.REPORT_TOKEN)
    await acting.pass(1)
    expect(told(acting).slice(2).sort()).toEqual(['recovered credential-ending', 'recovered github-down'])
  })

  it.each([
    ['a key that is no key', { GITHUB_APP_PRIVATE_KEY: 'no key' }, 'identity-invalid'],
    ['no identity', { GITHUB_APP_PRIVATE_KEY: undefined }, 'identity-invalid'],
    ['an unknown repository', { SCHEDULES: [{ ...HOURLY, repository: 'octo-org/gone' }] }, 'app-missing'],
    [
      'a schedule that comes too often',
      { SCHEDULES: [HOURLY, { ...HOURLY, workflow: 'b.yml', every: '4m' }] },
      'configuration'
    ],
    ['two schedules for one workflow', { SCHEDULES: [HOURLY, HOURLY] }, 'configuration']
  ])('raises one alert about %s, and starts nothing twice', async (_what, bindings, cause) => {
    const acting = await start({ bindings })
    await acting.pass(60)
    expect(told(acting)).toEqual([`raised ${cause}`])
    expect(acting.started.length).toBe(cause === 'configuration' ? 2 : 0)
  })

  it('sends an alert that the webhook refused again, and once in all, across restarts', async () => {
    const acting = await start()
    acting.repository.workflows[0]!.state = 'disabled_manually'
    acting.webhookFailures.push(500, 503)
    await acting.pass(30, async (minute) => {
      if (minute % 5 === 0) await acting.abortObject()
    })
    expect(acting.webhookFailures).toEqual([])
    expect(told(acting)).toEqual(['raised workflow-disabled'])
  })

  it('sends a mail by the binding of the Workers runtime', async () => {
    const acting = await start({
      bindings: { ALERTS: { email: { from: 'clock@example.com', to: ['ops@example.com'] } } },
      runtime: { email: { send_email: [{ name: 'ALERT_EMAIL' }] } }
    })
    acting.repository.workflows[0]!.state = 'disabled_manually'
    await acting.pass(30)
    expect(acting.sent).toEqual([])
    expect(acting.log.match(/"sent":"raise","channel":"email"/g)).toHaveLength(1)
  })

  it('never writes a key, a token or the address of the webhook to the log', async () => {
    const acting = await start()
    acting.webhookFailures.push(500)
    acting.conclude = () => 'failure'
    await acting.pass(120)
    await acting.post('/report', {}, 'fake-wrong-token-0123456789abcdefgh')
    expect(acting.log).toContain('"dispatch"')
    expect(acting.log).toContain('"unsent"')
    for (const secret of [...Object.values(TOKENS), 'ghs_', 'PRIVATE KEY', '/hook', 'fake-wrong-token'])
      expect(acting.log).not.toContain(secret)
  })
})
