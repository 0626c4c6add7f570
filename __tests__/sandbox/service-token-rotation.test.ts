import { describe, expect, it } from '@jest/globals'
import { createAccessStage, refusalOf } from './access-stage.ts'
import { account_id } from './stage.ts'

const minute = 60_000

function createRotation() {
  const stage = createAccessStage()
  const { access, automation, clock, sandbox } = stage
  const { id, clientId } = automation.serviceToken
  const { serviceTokens } = sandbox.cloudflare.access
  const secrets = [automation.clientSecret]
  const after = (milliseconds: number) => new Date(clock.now() + milliseconds).toISOString()
  return {
    ...stage,
    id,
    serviceTokens,
    after,
    /** The edge's acceptance of each secret, oldest first. */
    working: () => secrets.map((secret) => serviceTokens.works(clientId, secret)),
    rotate: async (graceMs?: number) => {
      const grace = graceMs === undefined ? {} : { previous_client_secret_expires_at: after(graceMs) }
      const rotated = await access.serviceTokens.rotate(id, { account_id, ...grace })
      secrets.push(rotated.client_secret ?? '')
      return rotated
    },
    moveEnd: (milliseconds: number) =>
      access.serviceTokens.update(id, { account_id, previous_client_secret_expires_at: after(milliseconds) })
  }
}

describe('client secret rotation', () => {
  it('keeps the client id, and ends the old client secret at once', async () => {
    const { rotate, working, automation } = createRotation()
    const rotated = await rotate()
    expect(rotated).toMatchObject({ id: automation.serviceToken.id, client_id: automation.clientId })
    expect(working()).toEqual([false, true])
  })

  it('accepts both client secrets until the given time', async () => {
    const { rotate, working, clock } = createRotation()
    await rotate(minute)
    clock.advance(minute - 1)
    expect(working()).toEqual([true, true])
    clock.advance(1)
    expect(working()).toEqual([false, true])
  })

  it('moves the end of the previous client secret to a later or an earlier time', async () => {
    const { rotate, working, moveEnd, clock } = createRotation()
    await rotate(minute)
    await moveEnd(2 * minute)
    clock.advance(minute)
    expect(working()).toEqual([true, true])
    await moveEnd(-minute)
    expect(working()).toEqual([false, true])
  })

  it('accepts an ended client secret again only while revivesEndedSecrets is set', async () => {
    const { rotate, working, moveEnd, serviceTokens } = createRotation()
    await rotate()
    await moveEnd(minute)
    expect(working()).toEqual([true, true])
    await moveEnd(0)
    serviceTokens.allowsReactivation = false
    await expect(moveEnd(minute)).rejects.toMatchObject({ status: 400 })
    expect(working()).toEqual([false, true])
  })

  it('keeps one previous client secret, so that a second rotation ends the first', async () => {
    const { rotate, working } = createRotation()
    await rotate(60 * minute)
    await rotate(60 * minute)
    expect(working()).toEqual([false, true, true])
  })

  it('rotates the client secret when an update raises its version, and returns the new secret', async () => {
    const { access, id, working, after, serviceTokens, automation } = createRotation()
    serviceTokens.includesSecretVersion = true
    const update = await access.serviceTokens.update(id, {
      account_id,
      client_secret_version: 2,
      previous_client_secret_expires_at: after(minute)
    })
    const { client_secret: secret = '' } = update as { client_secret?: string }
    expect(serviceTokens.works(automation.clientId, secret)).toBe(true)
    expect(working()).toEqual([true])
    expect(await access.serviceTokens.get(id, { account_id })).toMatchObject({
      client_secret_version: 2,
      previous_client_secret_expires_at: '2026-01-01T00:01:00Z'
    })
  })

  it('refuses an end that is not a time, and an overlap that is too long', async () => {
    const { send, id, serviceTokens, after } = createRotation()
    serviceTokens.graceLimitMs = 30 * 86_400_000
    for (const end of ['soon', '2026-01-02', '2026-13-01T00:00:00Z', 5, after(31 * 86_400_000)]) {
      const json = { previous_client_secret_expires_at: end }
      expect(refusalOf(await send(`/service_tokens/${id}/rotate`, { method: 'POST', json }))).toEqual([
        400, 12130
      ])
    }
    expect(serviceTokens.get(id).secrets.values).toHaveLength(1)
  })

  it('applies the new client secret and the end of the old one at the edge after separate delays', async () => {
    const { rotate, working, moveEnd, sandbox, clock } = createRotation()
    const { delays } = sandbox.cloudflare.access
    Object.assign(delays, { newSecretsMs: 1000, revocationsMs: 3000 })
    await rotate()
    expect(working()).toEqual([true, false])
    clock.advance(1000)
    expect(working()).toEqual([true, true])
    clock.advance(2000)
    expect(working()).toEqual([false, true])

    await rotate(minute)
    clock.advance(minute)
    expect(working()).toEqual([false, false, true])
    await moveEnd(minute)
    await moveEnd(-1)
    expect(working()).toEqual([false, true, true])
    clock.advance(3000)
    expect(working()).toEqual([false, false, true])
  })
})
