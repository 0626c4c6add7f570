import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Stage } from './stage.ts'

describe('the output of a run', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open()
    await stage.run()
    const { faults, cloudflare } = stage.sandbox
    // An API that repeats the token it was sent, in its error.
    const { PRIMARY_TOKEN_CREATION_TOKEN: value = '' } = stage.slots().github
    const encoded = Buffer.from(`x:${value}`).toString('base64')
    // Where a text is cut at 300 characters, a token was cut with it.
    const cut = `${'x'.repeat(255)} ${value}`
    const message = `refused ${value} ${encoded} ${Buffer.from(value).toString('hex')} ${encodeURIComponent(value)}`
    const spiteful = {
      status: 400,
      body: { success: false, errors: [{ code: 1001, message }], messages: [], result: null }
    }
    const remove = faults.add({
      match: { api: 'cloudflare', method: 'POST', path: /\/tokens$/, count: Infinity },
      when: 'before',
      answer: spiteful
    })
    await stage.run()
    remove()
    const removeCut = faults.add({
      match: { api: 'cloudflare', method: 'POST', path: /\/tokens$/, count: Infinity },
      when: 'before',
      answer: { ...spiteful, body: { ...spiteful.body, errors: [{ code: 1001, message: cut }] } }
    })
    await stage.run()
    removeCut()
    faults.add({
      match: { api: 'github', method: 'PUT', count: 1 },
      when: 'before',
      answer: { status: 422, body: { message } }
    })
    await stage.run()
    cloudflare.tokens.propagationMs = 0
    await stage.run()
  }, 120_000)
  afterAll(() => stage.close())

  it('comes from runs that succeed and runs that fail', () => {
    expect(stage.jobs.map(({ main }) => main.outputs['outcome'])).toEqual([
      'rotated',
      'rolled-back',
      'rolled-back',
      'rolled-back',
      'rotated'
    ])
    expect(stage.account.repository.issues).toHaveLength(1)
  })

  it('holds no value, plain or encoded, although an API repeated one', () => {
    expect(stage.leaks()).toEqual([])
  })

  it('masks every value that the run was given before it shows anything else', () => {
    for (const { main } of stage.jobs) {
      const lines = main.output.split('\n')
      const firstText = lines.findIndex(
        (line) => line !== '' && !line.startsWith('::add-mask::') && !line.startsWith('::save-state')
      )
      const masked = lines.slice(0, firstText)
      expect(masked.length).toBeGreaterThan(10)
    }
  })

  it('fails this test when it does hold a value', () => {
    const leaking = {
      ...stage.jobs[0]!,
      main: { ...stage.jobs[0]!.main, log: `oops ${stage.account.apiToken.value}` }
    }
    stage.jobs.push(leaking)
    expect(stage.leaks()).toEqual(['run 5 main log'])
    stage.jobs.pop()
  })
})
