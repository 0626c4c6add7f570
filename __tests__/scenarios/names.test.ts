import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { createScenario, type Scenario } from './scenario.ts'

const SITE = 'octo-org/site'
const DOCS = 'octo-org/docs'

/** Writes the token that edits secrets to one more place, under other names. */
const namedAt = (place: object, primary: readonly string[], secondary: string): string =>
  configure(BOOTSTRAP, {
    moreDestinations: {
      after: [
        {
          type: 'github-secret',
          ...place,
          names: {
            PRIMARY_SECRET_EDIT_TOKEN: primary,
            SECONDARY_SECRET_EDIT_TOKEN: secondary,
            PRIMARY_TOKEN_CREATION_TOKEN: null,
            SECONDARY_TOKEN_CREATION_TOKEN: null
          }
        }
      ]
    }
  })

/** The token that edits secrets is the deploy token of two repositories as well. */
const NAMED = namedAt(
  {
    repositories: [SITE, DOCS],
    environments: ['preview', 'production'],
    stores: ['actions', 'dependabot', 'codespaces']
  },
  ['CLOUDFLARE_API_TOKEN', 'CF_API_TOKEN'],
  'CLOUDFLARE_API_TOKEN_OLD'
)

function createWorld(): Scenario {
  const world = createScenario()
  const token = world.account.githubSecretsToken
  token.permissions = { ...token.permissions, dependabot_secrets: 'write', codespaces_secrets: 'write' }
  for (const name of [SITE, DOCS]) {
    const repository = world.sandbox.github.addRepository(name)
    for (const environment of ['preview', 'production']) repository.addEnvironment(environment)
  }
  return world
}

/** Every vault that the destination writes to. */
function vaultsOf({ sandbox }: Scenario) {
  return [SITE, DOCS].flatMap((name) => {
    const repository = sandbox.github.repository(name)
    const { dependabot, codespaces } = repository.secrets
    return [repository.environment('preview'), repository.environment('production'), dependabot, codespaces]
  })
}

describe('names at a destination', () => {
  it('are those under which the values are written, in every repository, environment and store', async () => {
    const world = createWorld()
    for (let rotation = 0; rotation < 2; rotation++) {
      expect((await world.run({ configuration: NAMED })).record.outcome).toBe('rotated')
      world.clock.advance(HOUR)
    }
    const held = world.sandbox.github.environmentSecrets('octo-org/ops', 'rotation')
    for (const vault of vaultsOf(world)) {
      expect(vault.values).toEqual({
        CLOUDFLARE_API_TOKEN: held['PRIMARY_SECRET_EDIT_TOKEN'],
        CF_API_TOKEN: held['PRIMARY_SECRET_EDIT_TOKEN'],
        CLOUDFLARE_API_TOKEN_OLD: held['SECONDARY_SECRET_EDIT_TOKEN']
      })
    }
    // With environments the repository's own secrets of Actions are none of the places.
    for (const name of [SITE, DOCS]) expect(world.sandbox.github.repositorySecrets(name)).toEqual({})
  })

  it('are those of the plan and of the record', async () => {
    const world = createWorld()
    const planned = await world.run({ configuration: NAMED, command: 'plan' })
    const { plan } = planned.record.rotations[0]!
    const written = plan?.write.filter(({ destination }) => destination.includes(`${SITE}, Dependabot`))
    expect(written?.map(({ secret }) => secret).sort()).toEqual([
      'CF_API_TOKEN',
      'CLOUDFLARE_API_TOKEN',
      'CLOUDFLARE_API_TOKEN_OLD'
    ])
    const { record } = await world.run({ configuration: NAMED })
    const { destinations } = record.rotations[0]!
    const [dependabot] = destinations.filter(({ label }) => label === `GitHub secrets of ${DOCS}, Dependabot`)
    expect(dependabot?.writes.map(({ secret, confirmed }) => `${secret} ${confirmed}`).sort()).toEqual([
      'CF_API_TOKEN confirmed',
      'CLOUDFLARE_API_TOKEN confirmed',
      'CLOUDFLARE_API_TOKEN_OLD confirmed'
    ])
  })

  it('get their old values back everywhere when one write fails', async () => {
    const world = createWorld()
    await world.run({ configuration: NAMED })
    world.clock.advance(HOUR)
    const before = vaultsOf(world).map(({ values }) => values)
    world.sandbox.faults.add({
      match: {
        count: 9,
        method: 'PUT',
        path: /docs\/environments\/production\/secrets\/CF_API_TOKEN$/
      },
      when: 'before',
      answer: { status: 403 }
    })
    const { record } = await world.run({ configuration: NAMED })
    expect(record.outcome).toBe('rolled-back')
    const after = vaultsOf(world).map(({ values }) => values)
    expect(
      after.map(({ CLOUDFLARE_API_TOKEN, CF_API_TOKEN }) => [CLOUDFLARE_API_TOKEN, CF_API_TOKEN])
    ).toEqual(before.map(({ CLOUDFLARE_API_TOKEN, CF_API_TOKEN }) => [CLOUDFLARE_API_TOKEN, CF_API_TOKEN]))
  })
})

describe('names in lower case, which GitHub lists in upper case', () => {
  it('are found again, with the visibility of an organization secret', async () => {
    const world = createWorld()
    const vault = world.sandbox.github.organization('octo-org').secrets.actions
    vault.put('CF_TOKEN', world.account.secretEdit.value, { visibility: 'all' })
    const configuration = namedAt({ organization: 'octo-org' }, ['cf_token'], 'cf_token_old')
    for (let rotation = 0; rotation < 2; rotation++) {
      expect((await world.run({ configuration })).record.outcome).toBe('rotated')
      world.clock.advance(HOUR)
    }
    const held = world.sandbox.github.environmentSecrets('octo-org/ops', 'rotation')
    expect(vault.values).toEqual({
      CF_TOKEN: held['PRIMARY_SECRET_EDIT_TOKEN'],
      CF_TOKEN_OLD: held['SECONDARY_SECRET_EDIT_TOKEN']
    })
    expect(vault.all.map(({ visibility }) => visibility)).toEqual(['all', 'all'])
  })

  it("are found in an environment that shadows them, and in Dependabot's store", async () => {
    const world = createWorld()
    const repository = world.sandbox.github.repository(SITE)
    repository.environment('preview').put('CF_TOKEN', 'a value')
    repository.secrets.dependabot.put('CF_TOKEN', 'a value')
    const configuration = namedAt({ repository: SITE }, ['cf_token'], 'cf_token_old')
    await world.run({ configuration })
    const { findings } = (await world.run({ configuration, command: 'check' })).record
    for (const kind of ['shadowed', 'dependabot-copy']) {
      expect(findings).toContainEqual(
        expect.objectContaining({ kind, message: expect.stringMatching(/^cf_token of/) as unknown })
      )
    }
  })
})

describe("a secret of the same name in Dependabot's store", () => {
  const withRepository = configure(BOOTSTRAP, {
    moreDestinations: { after: [{ type: 'github-secret', repository: SITE }] }
  })
  const find = async (world: Scenario, configuration: string) =>
    (await world.run({ configuration, command: 'check' })).record.findings.filter(
      ({ kind }) => kind === 'dependabot-copy'
    )

  it('is a finding of a check, which says where it is and what to do', async () => {
    const world = createWorld()
    world.sandbox.github.repository(SITE).secrets.dependabot.put('PRIMARY_SECRET_EDIT_TOKEN', 'an old value')
    await world.run({ configuration: withRepository })
    expect(await find(world, withRepository)).toEqual([
      expect.objectContaining({
        severity: 'warning',
        on: `GitHub secrets of ${SITE}`,
        message: expect.stringContaining('PRIMARY_SECRET_EDIT_TOKEN') as unknown
      })
    ])
  })

  it('is no finding when that store is a destination too', async () => {
    const world = createWorld()
    const both = configure(BOOTSTRAP, {
      moreDestinations: {
        after: [{ type: 'github-secret', repository: SITE, stores: ['actions', 'dependabot'] }]
      }
    })
    await world.run({ configuration: both })
    expect(await find(world, both)).toEqual([])
  })
})
