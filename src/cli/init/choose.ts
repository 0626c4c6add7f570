import { RotationError } from '../../kernel/error.ts'
import type { InitArguments } from './arguments.ts'
import type { Ask } from './ask.ts'
import { KINDS, LOCKS, STORES, neededPermissions, type Choices } from './choices.ts'
import type { SetupAccount } from './setup-account.ts'

/** Makes the choices from the arguments, and asks for the rest where somebody can be asked. */
export async function choose(
  args: InitArguments,
  { account, ask }: { readonly account: SetupAccount; readonly ask: Ask | undefined }
): Promise<Choices> {
  const accountId = await chooseAccount(args, { account, ask })
  const kinds =
    args.kinds.length > 0 ? args.kinds : ((await ask?.several('What do you want to rotate?', KINDS)) ?? [])
  const store =
    args.store ??
    (kinds.includes('bootstrap')
      ? await ask?.choose('Where is the pair written besides GitHub?', STORES)
      : undefined) ??
    'secrets-store'
  const lock = args.lock ?? (await ask?.choose('Which lock keeps two runs apart?', LOCKS)) ?? 'kv'
  const { deployPermissions, action } = args
  const choices: Choices = { accountId, kinds, store, lock, deployPermissions, action }
  const missing = await account.of(accountId).findMissing(neededPermissions(choices))
  if (missing.length === 0) return choices
  throw new RotationError(
    'bad-input',
    ['The set-up token lacks these permissions on the account:', ...missing.map((one) => `  ${one}`)].join(
      '\n'
    ),
    { hint: 'Add them in the dashboard, under Manage account, Account API tokens. Nothing was changed.' }
  )
}

async function chooseAccount(
  { accountId }: InitArguments,
  { account, ask }: { readonly account: SetupAccount; readonly ask: Ask | undefined }
): Promise<string> {
  const accounts = await account.listAccounts()
  const known = accounts.map(({ id, name }) => `${id} (${name})`).join(', ')
  if (accountId !== undefined) {
    if (accounts.some(({ id }) => id === accountId)) return accountId
    throw new RotationError('bad-input', `The set-up token does not see the account ${accountId}.`, {
      hint: `It sees: ${known === '' ? 'none' : known}.`
    })
  }
  const [first, ...others] = accounts
  if (first === undefined)
    throw new RotationError('bad-input', 'The set-up token sees no account.', {
      hint: 'Make it an account token, or give it the account as resource.'
    })
  if (others.length === 0) return first.id
  if (ask === undefined)
    throw new RotationError('bad-input', '--account-id is missing: the set-up token sees several accounts.', {
      hint: `They are: ${known}.`
    })
  return await ask.choose('Which account?', Object.fromEntries(accounts.map(({ id, name }) => [id, name])))
}
