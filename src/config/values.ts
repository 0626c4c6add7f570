import { Secret, type SecretKeeper } from '../rotation/secret.ts'
import { fillIn, variablesOf } from './template.ts'
import { allSlots, slotsOf } from './consistency.ts'
import type { Finding } from './load.ts'
import type { AuthRole, Configuration, RotationConfiguration } from './schema.ts'

/** Every environment variable that a configuration names: slots, `auth`, headers of probes, and the token of the lock. */
function namedVariables(configuration: Configuration): readonly string[] {
  const slots = configuration.rotations.flatMap(({ credentials }) =>
    credentials.flatMap((credential) => slotsOf(credential, '').map(({ name }) => name))
  )
  return [
    ...new Set([
      ...slots,
      ...Object.values(configuration.auth).flat(),
      ...headerVariables(configuration),
      ...lockVariables(configuration),
      ...Object.values(mailVariables(configuration))
    ])
  ]
}

/** The variable that holds the token of the lock, where the lock has one of its own. */
function lockVariables({ lock }: Configuration): readonly string[] {
  return lock.type === 'durable-object' ? [lock.token] : []
}

/** The variables that hold the user name and the password for the mail server. */
function mailVariables({ alert }: Configuration): { readonly username?: string; readonly password?: string } {
  if (alert.type !== 'email' || alert.smtp === undefined) return {}
  const { username, password } = alert.smtp
  return username === undefined || password === undefined ? {} : { username, password }
}

/** The variables that `http` probes name in headers, which may be secret; those of a URL are not taken for secrets. */
function headerVariables({ rotations }: Configuration): readonly string[] {
  return rotations.flatMap(({ credentials }) =>
    credentials.flatMap(({ verify }) =>
      verify.flatMap((probe) =>
        'http' in probe ? Object.values(probe.http.headers).flatMap(variablesOf) : []
      )
    )
  )
}

/** The variables that hold a client id, which is public: it is neither masked nor kept out of the record. */
function publicVariables({ rotations }: Configuration): ReadonlySet<string> {
  return new Set(
    rotations.flatMap(({ credentials }) =>
      credentials.flatMap((credential) =>
        credential.type === 'access-service-token'
          ? Object.values(credential.secrets['client-id']).filter((name) => name !== undefined)
          : []
      )
    )
  )
}

/** Whether a variable holds a token or a slot, whatever else it is named for. */
function isSecretElsewhere(configuration: Configuration, name: string): boolean {
  return [
    ...allSlots(configuration).map((slot) => slot.name),
    ...Object.values(configuration.auth).flat(),
    ...headerVariables(configuration),
    ...lockVariables(configuration)
  ].includes(name)
}

/** Reads every value that a configuration names, and masks what is secret. A variable that is not set or empty is left out. */
export function readValues(
  configuration: Configuration,
  valueOf: (name: string) => string | undefined,
  secrets: SecretKeeper
): ReadonlyMap<string, Secret> {
  const open = new Set(publicVariables(configuration))
  const { username, password } = mailVariables(configuration)
  if (username !== undefined && username !== password && !isSecretElsewhere(configuration, username)) {
    open.add(username)
  }
  return new Map(
    namedVariables(configuration).flatMap((name) => {
      const value = valueOf(name) ?? ''
      if (value === '') return []
      return [[name, open.has(name) ? new Secret(value) : secrets.hold(value)] as const]
    })
  )
}

/** The values that the given rotations can't do without and that are not set. A missing SECONDARY is not among them: it is created. */
export function findMissingValues(
  configuration: Configuration,
  selected: readonly RotationConfiguration[],
  valueOf: (name: string) => string | undefined
): readonly Finding[] {
  const isSet = (name: string): boolean => (valueOf(name) ?? '') !== ''
  const missing = (path: string, name: string): Finding => ({
    path,
    message: `the environment variable ${name} is not set or empty: give it to the step in \`env\`, e.g. ${name}: \${{ secrets.${name} }}`
  })
  const slots = selected.flatMap((rotation) =>
    rotation.credentials.flatMap((credential, index) => {
      const path = `rotations[${configuration.rotations.indexOf(rotation)}].credentials[${index}]`
      return slotsOf(credential, path)
        .filter(({ name, slot }) => slot === 'primary' && !isSet(name))
        .map(({ path: at, name }) => missing(at, name))
    })
  )
  const auth = rolesOf(configuration, selected).flatMap((role) => {
    const names = [configuration.auth[role]].flat()
    return names.some(isSet) ? [] : [missing(`auth.${role}`, names[0]!)]
  })
  const lock = lockVariables(configuration).flatMap((name) =>
    isSet(name) ? [] : [missing('lock.token', name)]
  )
  const probes = selected.flatMap((rotation) =>
    rotation.credentials.flatMap((credential, index) => {
      const own = new Set(Object.values(credential.secrets).map(({ primary }) => primary))
      return credential.verify.flatMap((probe, at) => {
        if (!('http' in probe)) return []
        const path = `rotations[${configuration.rotations.indexOf(rotation)}].credentials[${index}].verify[${at}].http`
        const names = [probe.http.url, ...Object.values(probe.http.headers)].flatMap(variablesOf)
        const unset = [...new Set(names)].filter((name) => !own.has(name) && (valueOf(name) ?? '') === '')
        if (unset.length > 0) return unset.map((name) => missing(path, name))
        return findBadUrl(probe.http.url, valueOf).map((message) => ({ path: `${path}.url`, message }))
      })
    })
  )
  const mail = Object.entries(mailVariables(configuration)).flatMap(([key, name]) =>
    isSet(name) ? [] : [missing(`alert.smtp.${key}`, name)]
  )
  return [...slots, ...auth, ...lock, ...mail, ...probes]
}

/** Whether any of the rotations writes a GitHub secret. */
export function needsGithubSecretsToken(selected: readonly RotationConfiguration[]): boolean {
  return selected.some(({ destinations }) => destinations.some(({ type }) => type === 'github-secret'))
}

function rolesOf(
  { lock, alert }: Configuration,
  selected: readonly RotationConfiguration[]
): readonly AuthRole[] {
  const roles = new Set<AuthRole>()
  if (alert.type === 'email' && alert.smtp === undefined) roles.add('email')
  if (lock.type === 'kv' || lock.type === 'd1') roles.add('lock')
  for (const { credentials, destinations } of selected) {
    if (credentials.some(({ type }) => type === 'account-token')) roles.add('tokens')
    if (credentials.some(({ type }) => type === 'access-service-token')) roles.add('access')
    if (destinations.some(({ type }) => type === 'secrets-store')) roles.add('secrets')
  }
  return [...roles]
}

/** What is wrong with a URL once its variables are filled in; values are not shown. */
function findBadUrl(url: string, valueOf: (name: string) => string | undefined): readonly string[] {
  const [first] = /^\$\{[A-Z_][A-Z0-9_]*\}/.exec(url) ?? []
  const base = first === undefined || isHttpUrl(fillIn(first, (name) => valueOf(name) ?? ''))
  if (base && isHttpUrl(fillIn(url, (name) => valueOf(name) ?? ''))) return []
  const names = variablesOf(url).map((name) => `$${name}`)
  return [`is no http or https URL${names.length === 0 ? '' : `, once ${names.join(', ')} is filled in`}`]
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}
