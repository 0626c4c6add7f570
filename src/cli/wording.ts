/** Terms of a workflow, and what a person at a shell calls the same thing; the first that fits is applied before the later ones. */
const TERMS: readonly (readonly [RegExp, string])[] = [
  [
    /: give it to the step in `env`(, e\.g\. `[^`]+`)?/g,
    ': set it in the environment or in the file of --env-file'
  ],
  [
    /Give it to the step in `env`(, e\.g\. [A-Z_]+: \$\{\{ \S+ \}\})?/g,
    'Set it in the environment or in the file of --env-file'
  ],
  [/Give it to the step, e\.g\. `[^`]+`/g, 'Set it in the environment or in the file of --env-file'],
  [
    /Add this line to `env` of the step: `([A-Z_][A-Z0-9_]*): \$\{\{ [^`]+`/gi,
    'Set $1 in the environment or in the file of --env-file.'
  ],
  [
    /Store the value as a secret of the environment, and give it to the step\./g,
    'Set it in the environment or in the file of --env-file.'
  ],
  [
    /github-secrets-token: is not set or empty: [^\n]+/g,
    'no GitHub token: neither GITHUB_TOKEN nor `gh auth token` gives one'
  ],
  [/Give the step the token of a GitHub App[^.]+\./g, 'Set GITHUB_TOKEN, or log in with `gh auth login`.'],
  [
    /Check out the repository before this step, and check the input `config`\./g,
    'Check --config, or make one with `rotate-action init`.'
  ],
  [
    /Leave the input github-token out, which is the token of the job, or/g,
    'Set GITHUB_TOKEN, log in with `gh auth login`, or'
  ],
  [/Give the job `permissions: ([\w-]+): (\w+)`/g, 'Give the token the permission $1: $2'],
  [/The token of the job/g, 'The token'],
  [/in the input `only`/g, 'with --only'],
  [/\bonly: there is no/g, '--only: there is no'],
  [/`command: (\w+)` with `force: true`/g, '`rotate-action $1 --force`'],
  [/`command: (\w+)`/g, '`rotate-action $1`'],
  [/`force: true`|`force` is true/g, '`--force`'],
  [/\bcloudflare-api-url\b/g, '--cloudflare-api-url'],
  [/\bgithub-secrets-token\b/g, 'GITHUB_SECRETS_TOKEN'],
  [/\bgithub-token\b/g, 'GITHUB_TOKEN'],
  [
    /after this run was queued, so the values that this run was given/g,
    'after the values of this command were written down, so they'
  ],
  [/\b(this|the) runner\b/gi, 'this machine'],
  [/\byour runners\b/g, 'this machine'],
  [/\bthe step was not given its variable/g, 'its variable is not set'],
  [/\bthe step is not given it\b/g, 'the command is not given it'],
  [/\bthe step\b/g, 'the command']
]

/** Says a message, which the action words for a workflow, in the terms of a shell. */
export function forShell(message: string): string {
  return TERMS.reduce((text, [workflow, shell]) => text.replace(workflow, shell), message)
}
