import { BOTH } from './configurations.ts'
import { createControl } from './control.ts'
import { createSandbox } from './sandbox.ts'
import { seedAccessAutomation, type AccessAutomation } from './seed-access.ts'
import { serveSandbox, type SandboxServer } from './server.ts'

let sandbox = createSandbox()
let automation = seedAccessAutomation(sandbox)

const control = createControl(
  () => sandbox,
  () => {
    sandbox = createSandbox()
    automation = seedAccessAutomation(sandbox)
    console.log(`\nStarted over.\n\n${instructions(server, automation)}`)
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
console.log(instructions(server, automation))
process.once('SIGINT', () => void server.close())
process.once('SIGTERM', () => void server.close())

function instructions(
  { origin, cloudflareApiUrl, githubApiUrl }: SandboxServer,
  automation: AccessAutomation
): string {
  const { account: seeded } = automation
  return `The sandbox listens at ${origin}. Every value below is fake.

Environment of the step:

  export GITHUB_API_URL=${githubApiUrl}
  export GITHUB_REPOSITORY=${seeded.repository.fullName}
  export GITHUB_RUN_ID=${seeded.run.id}
  export GITHUB_RUN_ATTEMPT=1
  export PRIMARY_TOKEN_CREATION_TOKEN=${seeded.tokenCreation.value}
  export PRIMARY_SECRET_EDIT_TOKEN=${seeded.secretEdit.value}
  export CLOUDFLARE_API_TOKEN=${automation.apiToken.value}
  export R2_EXPLORER_BASE_URL=${origin}${automation.servicePath}
  export R2_EXPLORER_ACCESS_CLIENT_ID=${automation.clientId}
  export R2_EXPLORER_ACCESS_CLIENT_SECRET=${automation.clientSecret}
  export PATH="$PWD/sandbox/bin:$PATH"      # for the r2 command

Inputs:

  cloudflare-api-url: ${cloudflareApiUrl}
  github-token: ${seeded.githubToken.value}
  github-secrets-token: ${seeded.githubSecretsToken.value}
  config: |
${indent(BOTH.trim(), 4)}

Look at it, break it, start over:

  r2 share worker list files documents/test.txt
  curl ${origin}/_sandbox/state
  curl ${origin}/_sandbox/transcript
  curl -d '{"match": {"method": "PATCH"}, "when": "after", "answer": "drop"}' ${origin}/_sandbox/faults
  curl -X POST ${origin}/_sandbox/reset
`
}

function indent(text: string, columns: number): string {
  return text.replaceAll(/^/gm, ' '.repeat(columns))
}
