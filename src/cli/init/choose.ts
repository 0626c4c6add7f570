import { RotationError } from '../../kernel/error.ts'
import type { InitArguments } from './arguments.ts'
import type { Ask } from './ask.ts'
import { makeBlueprint } from './blueprint.ts'
import { ACCOUNT_ID, KINDS, LOCKS, STORES, neededPermissions, type Choices } from './choices.ts'
import type { SetupAccount } from './setup-account.ts'

/** Where a person finds the id of an account. */
const WHERE = "it follows dash.cloudflare.com/ in the dashboard's address"

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
  const chosen = account.of(accountId)
  await requirePermissions(chosen, choices)
  // A name that does not exist is found before anything is made.
  await chosen.findGroups([
    ...new Set(makeBlueprint(choices).tokens.flatMap(({ permissions }) => permissions))
  ])
  return choices
}

async function requirePermissions(account: SetupAccount, choices: Choices): Promise<void> {
  const needed = neededPermissions(choices)
  const missing = await account.findMissing(needed)
  if (missing.length === 0) return
  const isOtherAccount =
    missing.length === needed.length ? `Check that this is the account of the token (${WHERE}). ` : ''
  throw new RotationError(
    'bad-input',
    [
      `The set-up token lacks these permissions on the account ${choices.accountId}:`,
      ...missing.map((one) => `  ${one}`)
    ].join('\n'),
    {
      hint: `${isOtherAccount}Add them in the dashboard, under Manage account, Account API tokens, or for a token of a user under My profile, API tokens. Nothing was changed.`
    }
  )
}

async function chooseAccount(
  { accountId }: InitArguments,
  { account, ask }: { readonly account: SetupAccount; readonly ask: Ask | undefined }
): Promise<string> {
  // An id is not looked up: an account API token, the usual set-up token, cannot list accounts.
  if (accountId !== undefined) return accountId
  const accounts = await account.listAccounts()
  const [first, ...others] = accounts
  if (first !== undefined && others.length === 0) return first.id
  if (ask === undefined) {
    const known = accounts.map(({ id, name }) => `${id} (${name})`).join(', ')
    throw new RotationError(
      'bad-input',
      first === undefined
        ? '--account-id is missing: Cloudflare lists no account for the set-up token.'
        : '--account-id is missing: the set-up token sees several accounts.',
      { hint: first === undefined ? `Give it the id of the account: ${WHERE}.` : `They are: ${known}.` }
    )
  }
  if (first === undefined) return await askForAccount(ask)
  return await ask.choose('Which account?', Object.fromEntries(accounts.map(({ id, name }) => [id, name])))
}

async function askForAccount(ask: Ask): Promise<string> {
  for (;;) {
    const id = (await ask.text(`Account ID, 32 hexadecimal digits: ${WHERE}`)).trim()
    if (ACCOUNT_ID.test(id)) return id
  }
}
