import * as v from 'valibot'
import {
  described,
  duration,
  hexId,
  lifetime,
  matching,
  name,
  repository,
  slots,
  text,
  variable
} from '../kernel/fields.ts'
import { findUnsafeUrl, isLoopback } from '../kernel/safe-url.ts'

/** Most credentials that a configuration may have. */
export const MAX_CREDENTIALS = 500
/** Most addresses that an alert is mailed to. */
const MAX_RECIPIENTS = 20
/** Workers KV keeps nothing for less than this; Cloudflare's documented minimum of `expiration_ttl`, in milliseconds. */
const MIN_KV_TTL_MS = 60_000
/** One call may take 20 seconds and be tried again, which a lease has to outlast; in milliseconds. */
const MIN_LEASE_MS = 60_000
/** No run works for so long, and after a run that died nobody else can begin before this; in milliseconds. */
const MAX_LEASE_MS = 86_400_000
/** What ends sooner can end within the run that makes it; in milliseconds. */
const MIN_LIFETIME_MS = 600_000
/** The longest that one try of a probe may wait; a run's lock has to outlast it, and a timer takes no more than 24 days; in milliseconds. */
const MAX_PROBE_MS = 3_600_000

/** One variable name, or several that are tried in order. */
const variables = v.union(
  [variable, v.pipe(v.array(variable), v.minLength(1, 'must name at least one variable'))],
  'must be the name of an environment variable, or a list of such names: A-Z, 0-9 and _'
)

const auth = v.strictObject({
  tokens: described(v.optional(variables, 'CLOUDFLARE_API_TOKEN'), 'API tokens: create, list, delete.'),
  secrets: described(
    v.optional(variables, 'CLOUDFLARE_API_TOKEN'),
    'Secrets Store: list, create, edit secrets.'
  ),
  access: described(
    v.optional(variables, 'CLOUDFLARE_API_TOKEN'),
    'Access: service tokens, policies, groups.'
  ),
  lock: described(v.optional(variables, 'CLOUDFLARE_API_TOKEN'), 'Workers KV or D1: the lock.'),
  email: described(
    v.optional(variables, 'CLOUDFLARE_API_TOKEN'),
    'Email Sending: an alert of type email without `smtp`.'
  )
})

const databaseId = matching(
  /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/,
  'the id of a D1 database: a UUID in lower case'
)
const leaseTime = v.pipe(
  v.optional(duration, '5m'),
  v.check((ms) => ms >= MIN_LEASE_MS, 'must be at least 60s: a single call may take a third of that'),
  v.check((ms) => ms <= MAX_LEASE_MS, 'must be at most 24h')
)

/** The token of the coordinator is sent to this address: over TLS, or without leaving the machine. */
function isCoordinatorUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { search, hash } = new URL(value)
  return search + hash === '' && findUnsafeUrl(value) === undefined
}

const lock = v.variant(
  'type',
  [
    v.strictObject({
      type: v.literal('kv'),
      'namespace-id': described(
        hexId('the id of a Workers KV namespace'),
        'The Workers KV namespace that holds the locks.'
      ),
      ttl: described(
        v.pipe(
          v.optional(duration, '5m'),
          v.check((ms) => ms >= MIN_KV_TTL_MS, 'must be at least 60s: Workers KV keeps nothing for less'),
          v.check((ms) => ms <= MAX_LEASE_MS, 'must be at most 24h')
        ),
        'How long a lock is held at most.'
      )
    }),
    v.strictObject({
      type: v.literal('d1'),
      'database-id': described(databaseId, 'The D1 database that holds the locks, in a table of its own.'),
      ttl: described(leaseTime, 'How long a lock is held at most, until it is renewed.')
    }),
    v.strictObject({
      type: v.literal('durable-object'),
      url: described(
        v.pipe(
          text('the URL of the coordinator'),
          v.check(
            isCoordinatorUrl,
            'must be the https URL of the coordinator, without a user, a query or a fragment (http only on this machine)'
          )
        ),
        'Where the Worker in `coordinator/` is deployed.'
      ),
      token: described(
        v.optional(variable, 'ROTATE_COORDINATOR_TOKEN'),
        'The environment variable that holds what the Worker has as `COORDINATOR_TOKEN`.'
      ),
      ttl: described(leaseTime, 'How long a lock is held at most, until it is renewed.')
    }),
    v.strictObject({
      type: v.literal('none'),
      ttl: described(leaseTime, 'How long a run may be at work at most.')
    })
  ],
  'must have a type: kv, d1, durable-object or none'
)

const mailAddress = matching(
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,188}[A-Za-z0-9])?$/,
  'a mail address such as ops@example.com, without a name'
)
const mailAddresses = v.union(
  [
    mailAddress,
    v.pipe(
      v.array(mailAddress),
      v.minLength(1, 'must hold at least one mail address'),
      v.maxLength(MAX_RECIPIENTS, `must hold at most ${MAX_RECIPIENTS} mail addresses`)
    )
  ],
  `must be a mail address such as ops@example.com, or a list of 1 to ${MAX_RECIPIENTS} of them`
)

const smtp = v.pipe(
  v.strictObject({
    host: described(
      matching(/^[A-Za-z0-9:]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/, 'the name or address of a mail server'),
      'The name of the mail server, which its certificate must be for.'
    ),
    port: described(
      v.optional(
        v.pipe(
          v.number('must be a port'),
          v.integer('must be a port'),
          v.minValue(1, 'must be a port'),
          v.maxValue(65_535, 'must be a port')
        )
      ),
      'The port; left out, 587, or 465 with `security: tls`.'
    ),
    security: described(
      v.optional(v.picklist(['starttls', 'tls', 'none'], 'must be starttls, tls or none'), 'starttls'),
      '`starttls` begins in plain and goes on only if the server changes to TLS; `tls` begins with it; `none` is for a server on this machine.'
    ),
    username: described(v.optional(variable), 'The environment variable that holds the user name.'),
    password: described(v.optional(variable), 'The environment variable that holds the password.')
  }),
  v.check(
    ({ security, host }) => security !== 'none' || isLoopback(host),
    'must not have security: none, except for a server on this machine: the mail and the password would cross the network in plain'
  ),
  v.check(
    ({ username, password }) => (username === undefined) === (password === undefined),
    'must have both a username and a password, or neither'
  )
)

const alert = v.variant(
  'type',
  [
    v.strictObject({
      type: v.literal('issue'),
      repository: described(
        v.optional(repository),
        'Where the issue is opened; left out, the repository of the run.'
      ),
      labels: described(
        v.optional(v.pipe(v.array(text('a label')), v.minLength(1, 'must hold at least one label')), [
          'credential-rotation'
        ]),
        'Labels of the issue; the first finds it again.'
      )
    }),
    v.strictObject({
      type: v.literal('email'),
      from: described(mailAddress, 'The address that mails come from.'),
      to: described(mailAddresses, 'Who gets the mails: an address, or a list of at most 20.'),
      smtp: described(
        v.optional(smtp),
        "The mail server; left out, Cloudflare's Email Sending with the token of `auth.email`."
      )
    }),
    v.strictObject({ type: v.literal('none') })
  ],
  'must have a type: issue, email or none'
)

const can = v.strictObject({
  can: described(
    v.picklist(['tokens', 'secrets'], 'must be tokens or secrets'),
    'What the new token must be able to do: list API tokens, or list the secrets of the Secrets Store destinations.'
  )
})

const status = v.pipe(
  v.number('must be an HTTP status'),
  v.integer('must be an HTTP status'),
  v.minValue(100, 'must be an HTTP status'),
  v.maxValue(599, 'must be an HTTP status')
)
const statuses = v.union(
  [status, v.pipe(v.array(status), v.minLength(1, 'must name at least one HTTP status'))],
  'must be an HTTP status, or a list of them'
)
const interpolated = '`${NAME}` is the environment variable NAME.'

const evidence = (what: string) =>
  described(v.optional(v.picklist(['status', 'full'], 'must be status or full'), 'status'), what)

const http = v.strictObject({
  http: v.strictObject({
    url: described(
      v.pipe(
        text('a URL'),
        v.check(
          (value) => /^(https?:\/\/|\$\{)/i.test(value),
          'must begin with https://, or with a ${NAME} that does'
        ),
        v.rawCheck(({ dataset, addIssue }) => {
          const message =
            dataset.typed && !dataset.value.includes('${') ? findUnsafeUrl(dataset.value) : undefined
          if (message !== undefined) addIssue({ message })
        })
      ),
      `The URL. ${interpolated}`
    ),
    method: described(
      v.optional(
        v.picklist(['GET', 'HEAD'], 'must be GET or HEAD (use a `run` probe with curl for any other method)'),
        'GET'
      ),
      'The method.'
    ),
    headers: described(
      v.optional(v.record(v.string(), v.string('must be a text')), {}),
      `Headers to send besides. ${interpolated}`
    ),
    expect: described(
      v.optional(
        v.union(
          [statuses, v.strictObject({ status: v.optional(statuses, 200), json: v.optional(v.unknown()) })],
          'must be an HTTP status, a list of them, or { status, json }'
        ),
        200
      ),
      'The status, a list of statuses, or `{ status, json }` with parts that the JSON of the answer must have.'
    ),
    timeout: described(
      v.pipe(
        v.optional(duration, '10s'),
        v.check((ms) => ms <= MAX_PROBE_MS, 'must be at most 1h')
      ),
      'How long one try waits for its answer.'
    ),
    evidence: evidence(
      'What the record keeps of a try that passed: its status and a code that is known, or `full`, a part of the body too.'
    )
  })
})

const run = v.strictObject({
  run: described(
    text('a command line'),
    'A command, run by `bash -eo pipefail -c` with the new values in its environment under their primary names. It needs Linux or macOS, and its ' +
      'programs installed by a step before.'
  ),
  evidence: evidence(
    'What the record keeps of a command that passed: its exit code, or `full`, a part of its output too.'
  )
})

const PROBE = 'must be a probe with one key: can, http or run'

const permission = v.strictObject({
  groups: described(
    v.pipe(
      v.array(text('the name or id of a permission group')),
      v.minLength(1, 'must hold at least one permission group')
    ),
    'Names or ids of permission groups; ids are stable, names are not.'
  ),
  resources: described(
    v.optional(v.record(v.string(), v.unknown())),
    'Which resources, as the API takes them; left out, the whole account.'
  )
})

const accountToken = v.strictObject({
  name,
  type: v.literal('account-token'),
  ttl: described(
    v.pipe(
      lifetime,
      v.check((ms) => ms >= MIN_LIFETIME_MS, 'must be at least 10m: a run may take that long')
    ),
    'Lifetime of the new token.'
  ),
  secrets: described(
    v.strictObject({ value: slots }),
    'The secret names of the token, which are environment names at once.'
  ),
  permissions: described(
    v.optional(v.pipe(v.array(permission), v.minLength(1, 'must hold at least one permission'))),
    'What the new token may do; left out, what the current one may, with its conditions.'
  ),
  verify: described(
    v.optional(v.array(can), []),
    'Checks that a new token must pass besides being active and having the right permissions.'
  )
})

const accessServiceToken = v.strictObject({
  name,
  type: v.literal('access-service-token'),
  duration: described(
    v.optional(matching(/^([1-9]\d{0,8}h|forever)$/, 'a validity in hours such as 8760h, or forever')),
    "Validity of a new token, as Cloudflare takes it; left out, the current one's."
  ),
  strategy: described(
    v.optional(v.picklist(['replace', 'rotate'], 'must be replace or rotate'), 'replace'),
    '`replace` makes a new token and admits it beside the old one. `rotate` keeps the client id and makes a new secret in place; a run that is ' +
      'interrupted can lose that secret, and the next run must rotate again within the grace.'
  ),
  grace: described(
    v.pipe(
      v.optional(duration, '24h'),
      v.check((ms) => ms >= 3_600_000 && ms <= 30 * 86_400_000, 'must be between 1h and 30d')
    ),
    'For `strategy: rotate`: how long the previous secret works on.'
  ),
  secrets: described(
    v.strictObject({ 'client-id': slots, 'client-secret': slots }),
    'The secret names of the pair, which are environment names at once.'
  ),
  verify: described(
    v.optional(v.array(v.union([http, run], PROBE)), []),
    'Proofs that a new pair works; the http ones also prove that the old one is dead.'
  )
})

const credential = v.variant(
  'type',
  [accountToken, accessServiceToken],
  'must have a type: account-token or access-service-token'
)

const secretsStore = v.strictObject({
  type: v.literal('secrets-store'),
  'store-id': described(hexId('the id of a Secrets Store'), 'The Secrets Store.'),
  scopes: described(
    v.optional(
      v.pipe(
        v.array(
          v.picklist(
            ['workers', 'ai_gateway', 'dex', 'access', 'containers', 'websearch'],
            'must be workers, ai_gateway, dex, access, containers or websearch'
          )
        ),
        v.minLength(1, 'must hold at least one scope')
      ),
      ['workers']
    ),
    'Services that may read a secret which is created; existing ones keep theirs.'
  )
})

const githubSecret = v.pipe(
  v.strictObject({
    type: v.literal('github-secret'),
    repository: described(v.optional(repository), 'The repository.'),
    environment: described(
      v.optional(
        matching(
          /^(?!\.{1,2}$)[ -~\u00a0-\uffff]{1,255}$/,
          'the name of an environment: 1 to 255 characters, no control characters, and neither . nor ..'
        )
      ),
      'An environment of the repository.'
    ),
    organization: described(
      v.optional(matching(/^[A-Za-z0-9-]+$/, 'the name of an organization')),
      'An organization, instead of a repository; secrets keep their visibility, new ones take that of their sibling slot, or private.'
    )
  }),
  v.check(
    (value) => (value.repository === undefined) !== (value.organization === undefined),
    'must have either a repository or an organization'
  ),
  v.check(
    (value) => value.environment === undefined || value.repository !== undefined,
    'has an environment, which needs a repository'
  )
)

const destination = v.variant(
  'type',
  [secretsStore, githubSecret],
  'must have a type: secrets-store or github-secret'
)

const revoke = v.strictObject({
  after: described(
    v.optional(v.picklist(['verify', 'next-rotation'], 'must be verify or next-rotation')),
    'When an old credential is revoked: `verify`, once its successor works (the default with a single slot), or `next-rotation` (the default ' +
      'with two slots, and the only choice there).'
  ),
  'in-use': described(
    v.optional(v.picklist(['keep', 'ignore'], 'must be keep or ignore'), 'keep'),
    'What to do with an old credential that was used after its successor was promoted.'
  ),
  'wait-for-runs': described(
    v.optional(v.boolean('must be true or false')),
    'Keep the old credential until workflow runs that may still hold it have ended; the default with a single slot and a GitHub secret.'
  )
})

const rotation = v.strictObject({
  name,
  every: described(v.optional(lifetime), 'Time between rotations; left out, every run rotates.'),
  credentials: v.pipe(
    v.array(credential, 'must be a list of credentials'),
    v.minLength(1, 'must hold at least one credential'),
    v.maxLength(MAX_CREDENTIALS, `must hold at most ${MAX_CREDENTIALS} credentials`)
  ),
  destinations: v.pipe(
    v.array(destination, 'must be a list of destinations'),
    v.minLength(1, 'must hold at least one destination'),
    v.maxLength(50, 'must hold at most 50 destinations')
  ),
  revoke: v.optional(revoke, {})
})

const HOME = 'must be a text of 1 to 200 characters (in quotes if they are all digits)'
/** Kept as it is written: a hash is made of it, unless it is one. */
const home = v.pipe(v.string(HOME), v.minLength(1, HOME), v.maxLength(200, HOME), v.regex(/\S/, HOME))

/** The schema of `.github/rotation.yml`: the one source of its types, its validation and the published JSON schema. */
export const configurationSchema = v.strictObject({
  version: described(v.literal(1, 'must be 1, the only version there is'), 'The version of this format.'),
  'account-id': described(hexId('the id of a Cloudflare account'), 'The Cloudflare account.'),
  auth: described(
    v.optional(auth, {}),
    'Names of environment variables that hold the tokens; of a list, the first that works is used.'
  ),
  lock: described(lock, 'What keeps two runs of a rotation apart.'),
  alert: described(v.optional(alert, { type: 'issue' }), 'Where a failing run says so.'),
  home: described(
    v.optional(home),
    'Whose rotations these are, where the default (repository and the place that feeds the next run) will not do.'
  ),
  rotations: described(
    v.pipe(
      v.array(rotation, 'must be a list of rotations'),
      v.minLength(1, 'must hold at least one rotation'),
      v.maxLength(MAX_CREDENTIALS, `must hold at most ${MAX_CREDENTIALS} rotations`)
    ),
    'Credentials that are promoted together, all or nothing.'
  )
})

/** A configuration as it was checked and completed; durations are milliseconds. */
export type Configuration = v.InferOutput<typeof configurationSchema>

/** One rotation of a configuration. */
export type RotationConfiguration = Configuration['rotations'][number]

/** One credential of a rotation. */
export type CredentialConfiguration = RotationConfiguration['credentials'][number]

/** One destination of a rotation. */
export type DestinationConfiguration = RotationConfiguration['destinations'][number]

/** The tokens' roles, as `auth` names them. */
export type AuthRole = keyof Configuration['auth']
