import type { Choices } from './choices.ts'
import { makeBlueprint, OWN_TOKEN, PRODUCTION, ROTATION, secondaryOf } from './blueprint.ts'

/** Ids of what was made, which the configuration names. */
export interface MadeIds {
  readonly lockId: string | undefined
  readonly storeId: string | undefined
}

/** How the workflow gets a token that may write GitHub secrets. */
export type GithubAccess = 'app' | 'token'

const CONFIGURATION = '.github/rotation.yml'
const WORKFLOW = '.github/workflows/rotate.yml'

/** The files of the set-up, by path. */
export function writeFilesFor(
  choices: Choices,
  {
    repository,
    access,
    ids
  }: { readonly repository: string; readonly access: GithubAccess; readonly ids: MadeIds }
): ReadonlyMap<string, string> {
  return new Map([
    [CONFIGURATION, writeConfiguration(choices, { repository, ids })],
    [WORKFLOW, writeWorkflow(choices, access)]
  ])
}

/** Paths of the files. */
export const PATHS = [CONFIGURATION, WORKFLOW] as const

function writeConfiguration(
  { accountId, kinds, lock, store }: Choices,
  { repository, ids }: { readonly repository: string; readonly ids: MadeIds }
): string {
  const edits = kinds.includes('bootstrap') && store === 'secrets-store'
  const lines = [
    'version: 1',
    `account-id: ${accountId}`,
    ...(kinds.includes('bootstrap')
      ? [
          'auth:',
          '  tokens: [PRIMARY_TOKEN_CREATION_TOKEN, SECONDARY_TOKEN_CREATION_TOKEN]',
          ...(edits ? ['  secrets: [PRIMARY_SECRET_EDIT_TOKEN, SECONDARY_SECRET_EDIT_TOKEN]'] : [])
        ]
      : []),
    ...(lock === 'kv' ? [`lock: { type: kv, namespace-id: ${ids.lockId ?? ''} }`] : []),
    ...(lock === 'd1' ? [`lock: { type: d1, database-id: ${ids.lockId ?? ''} }`] : []),
    'rotations:',
    ...(kinds.includes('bootstrap') ? writePair(repository, edits ? (ids.storeId ?? '') : undefined) : []),
    ...(kinds.includes('deploy') ? writeDeploy(repository) : []),
    ...(kinds.includes('access') ? writeAccess(repository) : [])
  ]
  return `${lines.join('\n')}\n`
}

/** @param storeId undefined where the pair is kept at GitHub alone */
function writePair(repository: string, storeId: string | undefined): readonly string[] {
  return [
    '  - name: bootstrap',
    '    every: 7d',
    '    credentials:',
    ...writeToken('token-creation', 'PRIMARY_TOKEN_CREATION_TOKEN'),
    '        verify: [{ can: tokens }]',
    ...(storeId === undefined
      ? []
      : [...writeToken('secret-edit', 'PRIMARY_SECRET_EDIT_TOKEN'), '        verify: [{ can: secrets }]']),
    '    destinations:',
    ...(storeId === undefined ? [] : [`      - { type: secrets-store, store-id: ${storeId} }`]),
    writeEnvironment(repository, ROTATION)
  ]
}

function writeDeploy(repository: string): readonly string[] {
  return [
    '  - name: deploy',
    '    every: 7d',
    '    credentials:',
    ...writeToken('deploy', 'PRIMARY_DEPLOY_TOKEN'),
    '    destinations: # the first feeds the next run; the second is read by the deploy jobs',
    writeEnvironment(repository, ROTATION),
    writeEnvironment(repository, PRODUCTION)
  ]
}

function writeAccess(repository: string): readonly string[] {
  return [
    '  - name: access',
    '    every: 30d',
    '    credentials:',
    '      - name: service',
    '        type: access-service-token',
    '        duration: 8760h',
    '        secrets:',
    '          client-id: { primary: PRIMARY_ACCESS_CLIENT_ID, secondary: SECONDARY_ACCESS_CLIENT_ID }',
    '          client-secret: { primary: PRIMARY_ACCESS_CLIENT_SECRET, secondary: SECONDARY_ACCESS_CLIENT_SECRET }',
    '    destinations:',
    writeEnvironment(repository, ROTATION)
  ]
}

function writeToken(name: string, variable: string): readonly string[] {
  return [
    `      - name: ${name}`,
    '        type: account-token',
    '        ttl: 21d',
    `        secrets: { value: { primary: ${variable}, secondary: ${secondaryOf(variable)} } }`
  ]
}

function writeEnvironment(repository: string, environment: string): string {
  return `      - { type: github-secret, repository: ${repository}, environment: ${environment} }`
}

const HEAD = `name: Rotate credentials
on:
  schedule:
    # GitHub guarantees no start time. An odd minute is less busy than the full hour.
    - cron: '17 5 * * *'
  workflow_dispatch:
    inputs:
      command:
        description: What to do
        type: choice
        options: [rotate, plan, check, rollback, contain]
        default: rotate
      reason:
        description: Why; kept in the record
        type: string
        default: by hand
      only:
        description: Names of rotations, comma-separated; empty for all
        type: string
      force:
        description: Rotate even if not due
        type: boolean
        default: false
permissions: {}
jobs:
  rotate:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    environment: { name: ${ROTATION}, deployment: false }
    # One run at a time. A waiting job reads the environment's secrets only when it starts.
    concurrency: { group: rotation, cancel-in-progress: false }
    permissions:
      contents: read # check out the configuration
      issues: write # the alert
      actions: read # detect runs with outdated secrets
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with: { persist-credentials: false }
`

const APP_STEP = `      - id: app
        uses: actions/create-github-app-token@bcd2ba49218906704ab6c1aa796996da409d3eb1 # v3.2.0
        continue-on-error: true # if it fails, the next step reports it and raises the alert
        with:
          client-id: \${{ vars.ROTATION_APP_CLIENT_ID }}
          private-key: \${{ secrets.ROTATION_APP_PRIVATE_KEY }}
          permission-secrets: write
          permission-environments: write
`

const RECORD_STEP = `      - if: always() && steps.rotation.outputs.record-file != ''
        uses: actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0
        with:
          name: rotation-record-\${{ github.run_attempt }}
          path: \${{ steps.rotation.outputs.record-file }}
`

/** Writes the whole form of the workflow, as `examples/bootstrap` has it: the commands of the runbook use each of its inputs. */
function writeWorkflow(choices: Choices, access: GithubAccess): string {
  const { tokens, serviceToken } = makeBlueprint(choices)
  const primaries = [...tokens.map(({ variable }) => variable), ...Object.values(serviceToken ?? {})]
  const variables = primaries.flatMap((one) => (one === OWN_TOKEN ? [one] : [one, secondaryOf(one)]))
  const token = access === 'app' ? 'steps.app.outputs.token' : 'secrets.ROTATION_GITHUB_PAT'
  return `${HEAD}${access === 'app' ? APP_STEP : ''}      - id: rotation
        uses: ${choices.action}
        with:
          command: \${{ inputs.command || 'rotate' }}
          reason: \${{ inputs.reason || 'scheduled' }}
          only: \${{ inputs.only }}
          force: \${{ inputs.force || false }}
          github-secrets-token: \${{ ${token} }}
        env:
${variables.map((name) => `          ${name}: \${{ secrets.${name} }}\n`).join('')}${RECORD_STEP}`
}
