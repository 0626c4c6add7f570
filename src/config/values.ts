import {
  LINE_BREAK,
  SHORTEST_CREDENTIAL,
  describeMissing,
  findBadCharacter,
  isPlaceholder
} from '../kernel/environment.ts'
import { findUnsafeUrl } from '../kernel/safe-url.ts'
import { Secret, type SecretRegistry } from '../kernel/secret.ts'
import { fillIn, variablesOf } from '../kernel/template.ts'
import { allSlots, slotsOf } from './consistency.ts'
import type { ConfigurationProblem } from './problems.ts'
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

/** Reads every value that a configuration names, and masks what is secret. A variable that is not set, empty or a placeholder is left out. */
export function readValues(
  configuration: Configuration,
  valueOf: (name: string) => string | undefined,
  secrets: SecretRegistry
): ReadonlyMap<string, Secret> {
  const open = new Set(publicVariables(configuration))
  const { username, password } = mailVariables(configuration)
  if (username !== undefined && username !== password && !isSecretElsewhere(configuration, username)) {
    open.add(username)
  }
  const placeholders = findPlaceholders(configuration, valueOf)
  return new Map(
    namedVariables(configuration).flatMap((name) => {
      const value = valueOf(name) ?? ''
      if (value === '' || placeholders.has(name)) return []
      return [[name, open.has(name) ? new Secret(value) : secrets.register(value)] as const]
    })
  )
}

/** The variables of slots and of `auth` that hold something too short for a credential, such as the well-known dummy `1`. */
export function findPlaceholders(
  configuration: Configuration,
  valueOf: (name: string) => string | undefined
): ReadonlySet<string> {
  const names = [
    ...allSlots(configuration).map(({ name }) => name),
    ...Object.values(configuration.auth).flat()
  ]
  return new Set(names.filter((name) => isPlaceholder(valueOf(name) ?? '')))
}

/**
 * The values that the given rotations can't do without and that are not set, and those that can't be used: each variable once, with the first place that
 * needs it. A missing SECONDARY is not among them: it is created.
 */
export function findMissingValues(
  configuration: Configuration,
  selected: readonly RotationConfiguration[],
  valueOf: (name: string) => string | undefined
): readonly ConfigurationProblem[] {
  const find = (path: string, name: string): readonly NamedFinding[] => {
    const message = findTrouble(name, valueOf(name) ?? '')
    return message === undefined ? [] : [{ path, name, message }]
  }
  const slots = selected.flatMap((rotation) =>
    rotation.credentials.flatMap((credential, index) => {
      const path = `rotations[${configuration.rotations.indexOf(rotation)}].credentials[${index}]`
      return slotsOf(credential, path)
        .filter(({ name, slot }) => slot === 'primary' || !isAbsent(valueOf(name) ?? ''))
        .flatMap(({ name, path: at }) => find(at, name))
    })
  )
  const auth = rolesOf(configuration, selected).flatMap((role) => {
    const names = [configuration.auth[role]].flat()
    const given = names.filter((name) => !isAbsent(valueOf(name) ?? ''))
    if (given.length > 0) return given.flatMap((name) => find(`auth.${role}`, name))
    const placeholder = names.find((name) => isPlaceholder(valueOf(name) ?? ''))
    return find(`auth.${role}`, placeholder ?? names[0]!)
  })
  const lock = lockVariables(configuration).flatMap((name) => find('lock.token', name))
  const mail = Object.entries(mailVariables(configuration)).flatMap(([key, name]) =>
    (valueOf(name) ?? '') === '' ? [{ path: `alert.smtp.${key}`, name, message: describeMissing(name) }] : []
  )
  return [
    ...onceEach([...slots, ...auth, ...lock, ...mail]),
    ...findProbeTroubles(configuration, selected, valueOf)
  ]

  function findTrouble(name: string, value: string): string | undefined {
    if (value === '') return describeMissing(name)
    // The token of the coordinator is chosen by people.
    const chosen = lockVariables(configuration).includes(name)
    if (isPlaceholder(value) && !chosen) {
      const { length } = value.trim()
      return (
        `the environment variable ${name} holds ${length} character${length === 1 ? '' : 's'}, which is a placeholder: ` +
        `no credential of Cloudflare has fewer than ${SHORTEST_CREDENTIAL}`
      )
    }
    const character = findBadCharacter(value)
    return character === undefined || (chosen && character !== LINE_BREAK)
      ? undefined
      : `the environment variable ${name} has ${character} in it: store the value again as one line, without anything around it`
  }
}

interface NamedFinding extends ConfigurationProblem {
  readonly name: string
}

function isAbsent(value: string): boolean {
  return value === '' || isPlaceholder(value)
}

/** What several places need is said at the first of them. */
function onceEach(findings: readonly NamedFinding[]): readonly ConfigurationProblem[] {
  const first = new Map<string, NamedFinding>()
  for (const finding of findings) if (!first.has(finding.name)) first.set(finding.name, finding)
  return [...first.values()].map(({ name, path, message }) => {
    const others = findings.filter((one) => one.name === name && one.path !== path).map((one) => one.path)
    const also = others.length === 0 ? '' : ` (${[...new Set(others)].join(', ')} needs it too)`
    return { path, message: `${message}${also}` }
  })
}

/** What is wrong with the URLs and headers of `http` probes once their variables are filled in. */
function findProbeTroubles(
  configuration: Configuration,
  selected: readonly RotationConfiguration[],
  valueOf: (name: string) => string | undefined
): readonly ConfigurationProblem[] {
  return selected.flatMap((rotation) =>
    rotation.credentials.flatMap((credential, index) => {
      const own = new Set(Object.values(credential.secrets).map(({ primary }) => primary))
      return credential.verify.flatMap((probe, at): readonly ConfigurationProblem[] => {
        if (!('http' in probe)) return []
        const path = `rotations[${configuration.rotations.indexOf(rotation)}].credentials[${index}].verify[${at}].http`
        const names = [probe.http.url, ...Object.values(probe.http.headers)].flatMap(variablesOf)
        const unset = [...new Set(names)].filter((name) => !own.has(name) && (valueOf(name) ?? '') === '')
        if (unset.length > 0) return unset.map((name) => ({ path, message: describeMissing(name) }))
        return findBadUrl(probe.http.url, valueOf).map((message) => ({ path: `${path}.url`, message }))
      })
    })
  )
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
  const fill = (text: string): string => fillIn(text, (name) => valueOf(name) ?? '')
  const [first] = /^\$\{[A-Z_][A-Z0-9_]*\}/.exec(url) ?? []
  const message = (first === undefined ? undefined : findUnsafeUrl(fill(first))) ?? findUnsafeUrl(fill(url))
  if (message === undefined) return []
  const names = variablesOf(url).map((name) => `$${name}`)
  return [`${message}${names.length === 0 ? '' : `, once ${names.join(', ')} is filled in`}`]
}
