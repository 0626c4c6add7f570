import * as v from 'valibot'
import { commandEnvAs, described, names, text } from '../kernel/fields.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import { fillIn } from '../kernel/template.ts'
import type { DestinationKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { CommandDestination } from './command/command.ts'
import { DestinationCommands } from './command/command-call.ts'
import { createTurns } from './command/turns.ts'

const LABEL = 'a label of 1 to 60 characters on one line'

const labelText = v.pipe(
  text(LABEL),
  v.check((label) => label.length <= 60 && !/\p{C}/u.test(label), `must be ${LABEL}`)
)

const schema = v.strictObject({
  type: v.literal('command'),
  label: described(
    labelText,
    'Its name in the log, the record and alerts; each destination of this type needs its own.'
  ),
  write: described(
    text('a command line'),
    'A command, run by `bash -eo pipefail -c`, that stores secrets: `{"secrets": {NAME: value}, "expires": {NAME: time}}` on its standard input. ' +
      'It sees nothing else of the step than `PATH`, `HOME`, the variables of the runner and `env`. It needs Linux or macOS.'
  ),
  confirm: described(
    v.optional(text('a command line')),
    'A command that reads `{"names": [NAME]}` and prints, for each name that is stored, a line of the name and the SHA-256 of `NAME=value`. It must ' +
      'only read; `plan` and `check` run it too. Left out, exit code 0 of `write` is all that is known.'
  ),
  env: commandEnvAs(
    'More variables of the environment of both; `${NAME}` is the environment variable NAME of the step.'
  ),
  names
})

/** Any place that a command can write secrets to. */
export const commandKind: DestinationKind<v.InferOutput<typeof schema>, DriverServices> = {
  type: 'command',
  schema,
  mayFeedRuns: true,
  templates: ({ env }) =>
    Object.entries(env).map(([name, text]) => ({ path: `env.${name}`, text, use: 'env' }) as const),
  label: ({ label }) => label,
  places: ({ label }) => [label],
  findNameProblem: (name) =>
    name === '' || /[\p{Cc}=]/u.test(name)
      ? 'must be a name without control characters and without ='
      : undefined,
  create: ({ label, write, confirm, env }, services, { namesOf }) => {
    const { runCommand, environment, secrets, clock, forced, shared } = services
    const commands = new DestinationCommands({
      ...{ runCommand, forced },
      env: Object.fromEntries(
        Object.entries(env).map(([name, text]) => [name, fillIn(text, (of) => environment(of) ?? '')])
      ),
      redact: (text) => secrets.redact(text),
      inTurn: shared('commands of destinations', createTurns)
    })
    return [
      new CommandDestination({ label, commands, namesOf, write, clock, ...withoutUndefined({ confirm }) })
    ]
  }
}
