import { describe, expect, it } from '@jest/globals'
import { PROJECT } from '../../simulation/elsewhere.ts'
import { createPagesScenario, EVERY_TEN_DAYS, keptOf, pagesOf, rotate } from './pages-scenario.ts'

describe('a Pages project of which it is not known what serves', () => {
  it('keeps the old credential while Cloudflare does not say which production deployment serves', async () => {
    const world = createPagesScenario()
    const { pages, tokens, deployed } = pagesOf(world)
    pages.showsServing = false
    const old = deployed()['PRIMARY_SECRET_EDIT_TOKEN'] ?? ''
    expect(keptOf(await rotate(world, EVERY_TEN_DAYS))).toEqual([
      'the production deployment of the Pages project docs may still hold it: Cloudflare does not say which one serves'
    ])
    expect(tokens.works(old)).toBe(true)

    pages.showsServing = true
    pages.deploy(PROJECT)
    await world.run({ configuration: EVERY_TEN_DAYS })
    expect(tokens.works(old)).toBe(false)
  })

  it('keeps the old credential while Cloudflare does not say when the production deployment was made', async () => {
    const world = createPagesScenario()
    const { pages, tokens, deployed } = pagesOf(world)
    pages.showsVariables = false
    pages.showsTimes = false
    const old = deployed()['PRIMARY_SECRET_EDIT_TOKEN'] ?? ''
    expect(keptOf(await rotate(world, EVERY_TEN_DAYS))).toEqual([
      'PRIMARY_SECRET_EDIT_TOKEN of the production deployment of the Pages project docs may still hold it, until the project is deployed again'
    ])
    expect(tokens.works(old)).toBe(true)
  })

  it.each([
    ['tells no times', false, 1],
    ['lists many failed ones first', true, 30]
  ])('keeps what a preview deployment reads where Cloudflare %s', async (_how, showsTimes, failures) => {
    const world = createPagesScenario()
    const { pages, tokens, project, values } = pagesOf(world)
    const previews = EVERY_TEN_DAYS.replace('"project":"docs"', '"project":"docs","environments":["preview"]')
    const value = values()['PRIMARY_SECRET_EDIT_TOKEN'] ?? ''
    pages.change(project, 'preview', { PRIMARY_SECRET_EDIT_TOKEN: { type: 'secret_text', value } })
    pages.deploy(PROJECT, 'preview')
    for (let nth = 0; nth < failures; nth++) pages.deploy(PROJECT, 'preview', { status: 'failure' })
    pages.showsVariables = false
    pages.showsTimes = showsTimes
    expect(keptOf(await rotate(world, previews))).toEqual([expect.stringContaining('may still hold it')])
    expect(tokens.works(value)).toBe(true)
  })
})
