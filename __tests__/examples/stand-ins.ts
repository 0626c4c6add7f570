/**
 * Stands in for a tool that is not installed: `node stand-ins.ts STATE TOOL ARGUMENTS…`. It accepts exactly the calls of the scripts in
 * `examples/destinations`, keeps its secrets in the file STATE, and appends its arguments to `STATE.calls`.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

type Values = Record<string, string>
/** Carries out a call; the groups of its pattern are its arguments. */
type Action = (...found: readonly string[]) => void

const [statePath = '', tool = '', ...args] = process.argv.slice(2)
appendFileSync(`${statePath}.calls`, `${JSON.stringify([tool, ...args])}\n`)

function read(): Values | undefined {
  return existsSync(statePath) ? (JSON.parse(readFileSync(statePath, 'utf8')) as Values) : undefined
}

function merge(values: Values): void {
  writeFileSync(statePath, JSON.stringify({ ...read(), ...values }))
}

function input(): string {
  return readFileSync(0, 'utf8')
}

function json<T>(text = input()): T {
  return JSON.parse(text) as T
}

function print(value: unknown): void {
  process.stdout.write(JSON.stringify(value))
}

function fail(message: string, code: number): never {
  process.stderr.write(`${message}\n`)
  process.exit(code)
}

function mapped(values: Values, change: (value: string) => string): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]))
}

const encode = (text: string): string => Buffer.from(text).toString('base64')
const decode = (text: string): string => Buffer.from(text, 'base64').toString()

interface Item {
  readonly fields: readonly { readonly label: string; readonly type: string; readonly value?: string }[]
}

function itemNow(): Item {
  const fields = Object.entries(read() ?? {}).map(([label, value]) => ({ label, type: 'CONCEALED', value }))
  return { fields: [{ label: 'notesPlain', type: 'STRING' }, ...fields] }
}

function editItem({ fields }: Item): void {
  const concealed = fields.filter(({ type }) => type === 'CONCEALED')
  if (new Set(fields.map(({ label }) => label)).size < fields.length) fail('two fields have one label', 65)
  merge(Object.fromEntries(concealed.map(({ label, value = '' }) => [label, value])))
}

function readPrivate(file: string): string {
  if ((statSync(file).mode & 0o077) !== 0) fail(`${file} can be read by others`, 65)
  return readFileSync(file, 'utf8')
}

function putParameter(file: string): void {
  const { Name, Value, Type, Overwrite } = json<Record<string, string | boolean>>(readPrivate(file))
  if (Type !== 'SecureString' || Overwrite !== true) fail('ValidationException', 254)
  merge({ [String(Name)]: String(Value) })
}

function getParameter(name: string): void {
  const value = read()?.[name]
  print(
    value === undefined
      ? { Parameters: [], InvalidParameters: [name] }
      : { Parameters: [{ Name: name, Value: value }], InvalidParameters: [] }
  )
}

function patchVault(): void {
  if (read() === undefined) fail('No value found at kv/data/team/site', 2)
  merge(json())
}

function putVault(): void {
  if (read() !== undefined) fail('check-and-set parameter did not match the current version', 2)
  merge(json())
}

function passFile(name: string): string {
  return `${join(process.env['PASSWORD_STORE_DIR'] ?? '', name)}.gpg`
}

function insertPass(name: string): void {
  mkdirSync(dirname(passFile(name)), { recursive: true })
  writeFileSync(passFile(name), encode(input()))
}

/** Calls by tool; a tool is called with nothing else. */
const CALLS: Readonly<Record<string, readonly (readonly [RegExp, Action])[]>> = {
  sops: [
    [
      /^--decrypt --input-type json --output-type json (\S+)$/,
      (file = '') => process.stdout.write(decode(json<{ data: string }>(readFileSync(file, 'utf8')).data))
    ],
    [
      /^--encrypt --age age1\w+ --input-type json --output-type json \/dev\/stdin$/,
      () => print({ data: encode(input()), sops: {} })
    ]
  ],
  op: [
    [/^item get site --vault ops --format json --reveal$/, () => print(itemNow())],
    [/^item edit site --vault ops$/, () => editItem(json())]
  ],
  doppler: [
    [/^secrets upload (\S+\.json) --silent$/, (file = '') => merge(json(readPrivate(file)))],
    [/^secrets download --no-file --format json$/, () => print(read() ?? {})]
  ],
  aws: [
    [/^ssm put-parameter --cli-input-json file:\/\/(\S+)$/, (file = '') => putParameter(file)],
    [/^ssm get-parameters --names (\S+) --with-decryption --output json$/, getParameter]
  ],
  kubectl: [
    [
      /^--namespace ops get secret site --ignore-not-found --output name$/,
      () => process.stdout.write(read() === undefined ? '' : 'secret/site\n')
    ],
    [/^--namespace ops create secret generic site$/, () => merge({})],
    [
      /^--namespace ops patch secret site --type merge --patch-file \/dev\/stdin$/,
      () => merge(json<{ stringData: Values }>().stringData)
    ],
    [
      /^--namespace ops get secret site --ignore-not-found --output json$/,
      () => {
        const values = read()
        if (values !== undefined) print({ kind: 'Secret', data: mapped(values, encode) })
      }
    ]
  ],
  vault: [
    [/^kv patch -mount kv team\/site -$/, patchVault],
    [/^kv put -cas=0 -mount kv team\/site -$/, putVault],
    [
      /^kv get -format=json -mount kv team\/site$/,
      () => print({ data: { data: read() ?? fail('No value found at kv/data/team/site', 2) } })
    ]
  ],
  pass: [
    [/^insert --multiline --force (\S+)$/, insertPass],
    [/^show (\S+)$/, (name = '') => process.stdout.write(decode(readFileSync(passFile(name), 'utf8')))]
  ]
}

const line = args.join(' ')
const call = (CALLS[tool] ?? []).flatMap(([pattern, action]) => {
  const match = pattern.exec(line)
  return match === null ? [] : [() => action(...match.slice(1))]
})[0]
if (call === undefined) fail(`${tool}: unknown call: ${line}`, 64)
call()
