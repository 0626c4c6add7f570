/** Text of `--help`. The exit codes are those of `exit-code.ts`. */
export const HELP = `Usage: rotate-action <command> [options]

Rotates Cloudflare credentials from a shell, as the GitHub Action does.

Commands:
  plan       shows what rotate would do; changes nothing
  check      reports whether all is well; changes nothing
  rotate     renews what is due
  rollback   swaps PRIMARY and SECONDARY
  contain    replaces an exposed credential and revokes everything older at once
  init       sets up a repository; see rotate-action init --help

Options:
  --config <path>          the configuration (default: .github/rotation.yml)
  --only <names>           the rotations to run, separated by commas; repeatable
  --force                  rotate even if nothing is due
  --reason <text>          kept in the record (default: by hand)
  --json                   print the record as JSON instead of the result
  --env-file <path>        file with NAME=value lines (default: .env, if there is one)
  --without github         leave GitHub out while it is down; the next run repairs it
  --repository <o/name>    the repository (default: that of the git remote)
  --workflow <file>        the workflow whose alert this is (default: rotate.yml)
  --cloudflare-api-url <u> another root of the Cloudflare API
  -h, --help
  -v, --version

Environment:
  The values that the configuration names. The environment takes precedence over the file.
  GITHUB_TOKEN             or GH_TOKEN, or the token of \`gh auth token\`
  GITHUB_SECRETS_TOKEN     writes GitHub secrets (default: the same token)
  NO_COLOR                 no colours

Progress is written to standard error, the result to standard output.

Exit codes:
  0    rotated, not-due, planned or healthy
  1    failed, rolled-back or unhealthy
  2    the command line, the configuration or a value is wrong; nothing was changed
  3    nothing was done: another run holds the lock, or the values are outdated
  130  interrupted by Ctrl-C (128 and the number of the signal)
`
