import { expect, it } from '@jest/globals'
import { InitStage } from './init-stage.ts'
import { everyMoment } from './moments.ts'

/** Without `EVERY_MOMENT`, one of so many calls. */
const ONE_OF = 3
const ARGS = ['--rotate', 'deploy,bootstrap,access']

/** Counts the calls of a set-up that nothing happens to. */
async function countCalls(): Promise<number> {
  const stage = await InitStage.open()
  try {
    const { exitCode, stderr } = await stage.init([...ARGS, ...stage.appArguments])
    if (exitCode !== 0) throw new Error(stderr)
    return stage.sandbox.transcript.length
  } finally {
    await stage.close()
  }
}

/** Kills a set-up at a call, before or after it is carried out, and runs it again. @returns what is wrong then */
async function killAt(index: number, when: 'before' | 'after'): Promise<readonly string[]> {
  const stage = await InitStage.open()
  try {
    let seen = 0
    let kill = (): void => undefined
    const stop = stage.sandbox.onCall(async ({ phase }) => {
      if (phase === 'before') seen += 1
      if (seen !== index || phase !== when) return
      stop()
      kill()
      if (when === 'before') throw new TypeError('fetch failed')
      await Promise.resolve()
    })
    const args = [...ARGS, ...stage.appArguments]
    await stage.init(args, { onStart: (child) => (kill = () => void child.kill('SIGKILL')) })
    const { exitCode, stdout, stderr } = await stage.init(args)
    if (exitCode !== 0) return [`${when} call ${index}: ${stdout} ${stderr}`]
    const { cloudflare } = stage.sandbox
    const values = Object.values(stage.secrets).flatMap((value) => cloudflare.tokens.findByValue(value) ?? [])
    const wrong = [
      ...(stage.tokens.length === 4 ? [] : [`there are ${stage.tokens.join(', ')}`]),
      ...(values.length === 4 ? [] : [`${values.length} secrets hold a token`]),
      ...(cloudflare.kv.all.length === 1 ? [] : [`there are ${cloudflare.kv.all.length} namespaces`]),
      ...(cloudflare.access.serviceTokens.all.length === 1 ? [] : ['there is more than one service token']),
      ...stage.leaks()
    ]
    return wrong.map((what) => `${when} call ${index}: ${what}`)
  } finally {
    await stage.close()
  }
}

it('a set-up that is killed at any call goes on from there, with nothing made twice', async () => {
  const calls = await countCalls()
  expect(calls).toBeGreaterThan(30)
  const moments = Array.from({ length: calls }, (_, at) => at + 1).filter(
    (index) => everyMoment || index % ONE_OF === 0
  )
  const wrong: string[] = []
  const row = async (when: (index: number) => 'before' | 'after'): Promise<void> => {
    for (let index = moments.shift(); index !== undefined; index = moments.shift())
      wrong.push(...(await killAt(index, when(index))))
  }
  await Promise.all([
    row((index) => (index % 2 === 0 ? 'before' : 'after')),
    row((index) => (index % 2 === 0 ? 'before' : 'after'))
  ])
  expect(wrong).toEqual([])
}, 600_000)
