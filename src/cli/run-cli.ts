import { asRotationError } from '../kernel/error.ts'
import { SecretRegistry } from '../kernel/secret.ts'
import { USER_AGENT } from '../http/user-agent.ts'
import { parseArguments } from './arguments.ts'
import { EXIT, isUsage } from './exit-code.ts'
import { HELP } from './help.ts'
import { printError } from './result.ts'
import { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

/** Runs the command `rotate-action`. The exit code says how it ended; nothing is thrown. */
export async function runCli(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const secrets = new SecretRegistry(() => undefined)
  const { stdout, stderr, env } = process
  const terminal = new Terminal({ stdout, stderr, env, secrets })
  process.exitCode = await failOnError(terminal, () => carryOut(args, { terminal, secrets }))
}

async function carryOut(
  args: readonly string[],
  { terminal, secrets }: { readonly terminal: Terminal; readonly secrets: SecretRegistry }
): Promise<number> {
  const asked = parseArguments(args)
  switch (asked.ask) {
    case 'help':
      terminal.result(HELP.trimEnd())
      return EXIT.done
    case 'version':
      terminal.result(USER_AGENT)
      return EXIT.done
    case 'init':
      return await (await import('./commands.ts')).runInit(asked.rest, { terminal, secrets })
    case 'rotations':
      return await (await import('./commands.ts')).runRotations(asked.run, { terminal, secrets })
  }
}

/** Prints an error, and what to do. @returns the exit code */
async function failOnError(terminal: Terminal, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      for (const problem of thrown.problems) terminal.error(problem)
      terminal.progress('rotate-action --help lists every command and option. Nothing was called.')
      return EXIT.usage
    }
    printError(terminal, thrown)
    return isUsage(asRotationError(thrown).code) ? EXIT.usage : EXIT.failed
  }
}
