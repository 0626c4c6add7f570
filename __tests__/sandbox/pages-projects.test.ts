import { describe, expect, it } from '@jest/globals'
import { account_id, createStage } from './stage.ts'

function createPagesStage() {
  const stage = createStage()
  const { tokens, pages } = stage.sandbox.cloudflare
  const token = tokens.seed({ name: 'pages', groups: ['Pages Write'] }).value
  const project = pages.addProject('docs', {
    production: { OLD: { type: 'secret_text', value: 'value-old' } }
  })
  return { ...stage, token, pages, project }
}

describe('Pages projects', () => {
  it('merge variables, keep them for the next deployment, and never return the value of a secret', async () => {
    const { sdk, token, pages, clock } = createPagesStage()
    const { projects } = sdk(token).pages
    pages.deploy('docs')
    clock.advance(1_000)
    const edited = await projects.edit('docs', {
      account_id,
      deployment_configs: {
        production: {
          env_vars: {
            A: { type: 'secret_text', value: 'value-a' },
            B: { type: 'plain_text', value: 'text-b' }
          }
        }
      }
    })
    expect(pages.values('docs')).toEqual({ OLD: 'value-old', A: 'value-a', B: 'text-b' })
    expect(pages.deployedValues('docs')).toEqual({ OLD: 'value-old' })
    pages.deploy('docs')
    expect(pages.deployedValues('docs')).toEqual(pages.values('docs'))
    const read = await projects.get('docs', { account_id })
    expect(read.canonical_deployment?.created_on).toBe('2026-01-01T00:00:01.000000Z')
    expect(JSON.stringify(read)).toContain('text-b')
    expect(JSON.stringify([edited, read])).not.toContain('value-')
    await projects.edit('docs', {
      account_id,
      deployment_configs: { production: { env_vars: { A: null } } }
    })
    expect(Object.keys(pages.values('docs'))).toEqual(['OLD', 'B'])
  })

  it('serve the last production deployment that succeeded, and list deployments by environment', async () => {
    const { sdk, token, pages, project } = createPagesStage()
    const live = pages.deploy('docs')
    pages.deploy('docs', 'production', { status: 'failure' })
    pages.deploy('docs', 'production', { skipped: true })
    pages.deploy('docs', 'preview')
    expect(project.live).toBe(live.id)
    const { deployments } = sdk(token).pages.projects
    const { result } = await deployments.list('docs', { account_id, env: 'preview' })
    expect(result.map(({ environment }) => environment)).toEqual(['preview'])
  })

  it.each([
    ['an unknown key', { name: 'other', deployment_configs: { production: { env_vars: {} } } }],
    ['an unknown environment', { deployment_configs: { staging: { env_vars: {} } } }],
    ['a variable without a type', { deployment_configs: { production: { env_vars: { A: { value: 'v' } } } } }]
  ])('refuse a change with %s', async (_case, json) => {
    const { call, token } = createPagesStage()
    const { status } = await call(token, '/pages/projects/docs', { method: 'PATCH', json })
    expect(status).toBe(400)
  })

  it('answer 404 for a project that does not exist', async () => {
    const { call, token } = createPagesStage()
    const { status, body } = await call(token, '/pages/projects/other')
    expect([status, body.errors[0]?.code]).toEqual([404, 8000007])
  })
})
