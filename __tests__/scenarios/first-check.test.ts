import { describe, expect, it } from '@jest/globals'
import { renderMarkdown } from '../../screenshots/page.ts'
import { writeSummary } from '../../src/action/report/summary.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { createScenario } from './scenario.ts'

const NAMES = ['PRIMARY_TOKEN_CREATION_TOKEN', 'PRIMARY_SECRET_EDIT_TOKEN', 'CLOUDFLARE_API_TOKEN']
const lineFor = (name: string): string => `${name}: \${{ secrets.${name} }}`

describe('first check with nothing set', () => {
  it('reports no rotation as healthy and names each missing thing once', async () => {
    const { record, log } = await createScenario().run({
      command: 'check',
      env: {},
      githubSecretsToken: null
    })
    expect(record.outcome).toBe('unhealthy')
    expect(record.rotations.map(({ outcome }) => outcome)).toEqual(['unhealthy'])
    const messages = record.findings.map(({ message }) => message)
    for (const name of [...NAMES, 'github-secrets-token'])
      expect(messages.filter((message) => message.includes(name) && /is not set/.test(message))).toHaveLength(
        1
      )
    expect(record.findings.map(({ kind, severity }) => `${severity} ${kind}`)).toEqual(
      Array.from({ length: 4 }, () => 'error missing-value')
    )
    expect(log.join('\n')).not.toContain('healthy')
  })

  it('shows text to copy unchanged in the summary and in the issue', async () => {
    const world = createScenario()
    const { record } = await world.run({ command: 'check', env: {}, githubSecretsToken: null })
    const summary = writeSummary(record)
    const issue = openAlerts(world)[0]!.body ?? ''
    expect(summary).toContain(
      `\`\`\`yaml\nenv:\n${NAMES.map((name) => `  ${lineFor(name)}\n`).join('')}\`\`\``
    )
    for (const text of [summary, issue]) {
      expect(text).not.toContain('\\`')
      for (const name of NAMES) {
        expect(text).toContain(lineFor(name))
        expect(renderMarkdown(text)).toContain(`<code>${lineFor(name)}</code>`)
      }
    }
  })

  it('shows in the summary of a run which line of env to add', async () => {
    const world = createScenario()
    await world.run()
    world.clock.advance(3_600_000)
    const env = world.environment()
    delete env['SECONDARY_SECRET_EDIT_TOKEN']
    const summary = writeSummary((await world.run({ env })).record)
    expect(summary).toContain(`\`${lineFor('SECONDARY_SECRET_EDIT_TOKEN')}\``)
    expect(summary).not.toContain('\\`')
  })
})
