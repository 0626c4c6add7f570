import { createControl } from './control.ts'
import { createSandbox } from './sandbox.ts'
import { seedBootstrapAccount, type BootstrapAccount } from './seed.ts'
import { serveSandbox, type SandboxServer } from './server.ts'

let sandbox = createSandbox()
let account = seedBootstrapAccount(sandbox)

const control = createControl(
  () => sandbox,
  () => {
    sandbox = createSandbox()
    account = seedBootstrapAccount(sandbox)
    console.log(`\nStarted over.\n\n${instructions(server, account)}`)
  }
)
const server = await serveSandbox(
  { handle: (request) => sandbox.handle(request) },
  {
    port: Number(process.env['PORT'] ?? 8787),
    intercept: (request) =>
      new URL(request.url).pathname.startsWith('/_sandbox/') ? control.fetch(request) : undefined
  }
)
console.log(instructions(server, account))
process.once('SIGINT', () => void server.close())
process.once('SIGTERM', () => void server.close())

function instructions(
  { origin, cloudflareApiUrl, githubApiUrl }: SandboxServer,
  seeded: BootstrapAccount
): string {
  return `The sandbox listens at ${origin}. Every value below is fake.

Environment of the step:

  export GITHUB_API_URL=${githubApiUrl}
  export GITHUB_REPOSITORY=${seeded.repository.fullName}
  export GITHUB_RUN_ID=${seeded.run.id}
  export GITHUB_RUN_ATTEMPT=1
  export PRIMARY_TOKEN_CREATION_TOKEN=${seeded.tokenCreation.value}
  export PRIMARY_SECRET_EDIT_TOKEN=${seeded.secretEdit.value}
  export CLOUDFLARE_API_TOKEN=${seeded.apiToken.value}

Inputs:

  cloudflare-api-url: ${cloudflareApiUrl}
  github-token: ${seeded.githubToken.value}
  github-secrets-token: ${seeded.githubSecretsToken.value}
  config: |
${indent(configuration(seeded), 4)}

Look at it, break it, start over:

  curl ${origin}/_sandbox/state
  curl ${origin}/_sandbox/transcript
  curl -d '{"match": {"method": "PATCH"}, "when": "after", "answer": "drop"}' ${origin}/_sandbox/faults
  curl -X POST ${origin}/_sandbox/reset
`
}

function configuration({ accountId, store, namespace, repository, environment }: BootstrapAccount): string {
  return `version: 1
account-id: ${accountId}
auth:
  tokens: [PRIMARY_TOKEN_CREATION_TOKEN, SECONDARY_TOKEN_CREATION_TOKEN]
  secrets: [PRIMARY_SECRET_EDIT_TOKEN, SECONDARY_SECRET_EDIT_TOKEN]
lock:
  type: kv
  namespace-id: ${namespace.id}
rotations:
  - name: bootstrap
    credentials:
      - name: token-creation
        type: account-token
        ttl: 24h
        secrets:
          value: { primary: PRIMARY_TOKEN_CREATION_TOKEN, secondary: SECONDARY_TOKEN_CREATION_TOKEN }
        verify:
          - can: tokens
      - name: secret-edit
        type: account-token
        ttl: 24h
        secrets:
          value: { primary: PRIMARY_SECRET_EDIT_TOKEN, secondary: SECONDARY_SECRET_EDIT_TOKEN }
        verify:
          - can: secrets
    destinations:
      - type: secrets-store
        store-id: ${store.id}
      - type: github-secret
        repository: ${repository.fullName}
        environment: ${environment}`
}

function indent(text: string, columns: number): string {
  return text.replaceAll(/^/gm, ' '.repeat(columns))
}
