import { CALLS } from '../simulation/calls.ts'
import { ACCESS, BOOTSTRAP, createWorld, type World, type WorldRun } from '../simulation/world.ts'
import { writeSummary } from '../src/action/report/summary.ts'
import { renderStatusScene } from './status-scene.ts'

/** Page that a person reads. */
export interface Scene {
  /** Names its pictures. */
  readonly name: string
  readonly kind: 'summary' | 'issue' | 'mail' | 'page' | 'chat'
  /** Title that GitHub or a mail program shows above it. */
  readonly title: string
  /** Markdown for a summary and an issue, a whole HTML document for the others. */
  readonly body: string
}

const HOUR = 3_600_000

/** Runs the action on the sandbox for each scene: the pages are what the action writes. */
export async function playScenes(): Promise<readonly Scene[]> {
  return [
    await playRotation(),
    await playAccess(),
    await playPlan(),
    await playCheck(),
    ...(await playFailure()),
    await playContain(),
    { name: 'status', kind: 'page', title: 'Status of the coordinator', body: renderStatusScene() }
  ]
}

async function playRotation(): Promise<Scene> {
  const world = await createRotated()
  return summaryOf('summary', 'A rotation', await world.run())
}

async function playAccess(): Promise<Scene> {
  const world = createWorld({ access: true })
  world.sandbox.latencyMs = 60
  world.account.run.status = 'completed'
  return summaryOf('summary-access', 'An Access service token', await world.run({ configuration: ACCESS }))
}

async function playPlan(): Promise<Scene> {
  const world = await createRotated()
  return summaryOf('plan', 'command: plan', await world.run({ command: 'plan' }))
}

async function playContain(): Promise<Scene> {
  const world = await createRotated()
  return summaryOf('contain', 'command: contain', await world.run({ command: 'contain' }))
}

async function playCheck(): Promise<Scene> {
  const world = await createRotated()
  const { tokens } = world.sandbox.cloudflare
  const [store] = [world.sandbox.cloudflare.secretsStores.values(world.account.store.id)]
  const secondary = tokens.findByValue(store['SECONDARY_SECRET_EDIT_TOKEN'] ?? '')
  if (secondary !== undefined) secondary.disabled = true
  Object.assign(world.account.githubSecretsToken, {
    kind: 'pat',
    expiresAt: world.clock.now() + 72 * HOUR
  })
  return summaryOf('check', 'command: check', await world.run({ command: 'check' }))
}

/** The same failure as an issue and as a mail. */
async function playFailure(): Promise<readonly Scene[]> {
  const world = await createRotated()
  world.sandbox.faults.add({
    match: { operation: CALLS.putSecret, path: '/secrets/PRIMARY_SECRET_EDIT_TOKEN', count: 4 },
    when: 'before',
    answer: { status: 503 }
  })
  const run = await world.run()
  const issue = world.account.repository.issues.find(({ isPullRequest }) => !isPullRequest)
  if (issue === undefined) throw new Error('no issue was opened')
  const mail = await playMail()
  return [
    summaryOf('summary-failed', 'A run that failed', run),
    { name: 'issue', kind: 'issue', title: `${issue.title} #${issue.number}`, body: issue.body ?? '' },
    mail
  ]
}

async function playMail(): Promise<Scene> {
  const world = createWorld()
  const token = world.sandbox.cloudflare.tokens.seed({ name: 'mail', groups: ['Email Sending Write'] })
  const configuration = `${BOOTSTRAP.replace('auth:\n', 'auth:\n  email: MAIL_TOKEN\n')}alert:
  type: email
  from: rotation@example.com
  to: ops@example.com
`
  const run = () => world.run({ configuration, env: { ...world.environment(), MAIL_TOKEN: token.value } })
  await run()
  world.clock.advance(HOUR)
  world.sandbox.faults.add({
    match: { operation: CALLS.putSecret, path: '/secrets/PRIMARY_SECRET_EDIT_TOKEN', count: 4 },
    when: 'before',
    answer: { status: 503 }
  })
  await run()
  const mail = world.sandbox.cloudflare.email.sent.at(-1)
  if (mail?.html === undefined) throw new Error('no mail was sent')
  return { name: 'mail', kind: 'mail', title: mail.subject, body: mail.html }
}

async function createRotated(): Promise<World> {
  const world = createWorld()
  world.sandbox.latencyMs = 60
  for (let rotation = 0; rotation < 2; rotation++) {
    await world.run()
    world.clock.advance(HOUR)
  }
  return world
}

function summaryOf(name: string, title: string, { record }: WorldRun): Scene {
  return { name, kind: 'summary', title, body: writeSummary(record) }
}
