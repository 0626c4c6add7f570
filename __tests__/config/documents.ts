import { TWO_SLOTS, configure } from '../../simulation/configurations.ts'
import { R2_KEY } from '../../sandbox/configurations.ts'
import { ACCESS, BOOTSTRAP } from '../../simulation/world.ts'
import { parseConfiguration } from '../../src/compose/configuration.ts'
import { RotationError } from '../../src/kernel/error.ts'

/** The default configuration as a plain object, to be changed and written again. */
export interface Document {
  [key: string]: unknown
}

/** The findings about a configuration, one a line, without the first line that names it; empty when it is right. */
export function findingsIn(yaml: string): readonly string[] {
  try {
    parseConfiguration(yaml, 'rotation.yml')
    return []
  } catch (thrown) {
    if (!(thrown instanceof RotationError) || thrown.code !== 'bad-configuration') throw thrown
    const [first, ...findings] = thrown.message.split('\n')
    if (first !== "rotation.yml can't be used:")
      throw new Error(`unexpected first line: ${first}`, { cause: thrown })
    return findings.map((finding) => finding.trim())
  }
}

/** {@link BOOTSTRAP} with one text in it replaced by another. */
export function changed(from: string, to: string): string {
  if (!BOOTSTRAP.includes(from)) throw new Error(`the configuration has no ${from}`)
  return BOOTSTRAP.replace(from, to)
}

/** Keys that take the place of a credential's own, whole: `configure` would merge them. */
function withOnly({ secrets, ...keys }: { readonly secrets?: object; readonly verify?: readonly object[] }) {
  const fields = ['value', 'access-key-id', 'secret-access-key']
  const removed = Object.fromEntries(fields.map((field) => [field, undefined]))
  return secrets === undefined ? keys : { ...keys, secrets: { ...removed, ...secrets } }
}

const KV_LOCK = '  type: kv\n  namespace-id: 0f2ac74b498b48028cb68387c421e279\n'
const D1_LOCK = '  type: d1\n  database-id: 5e3b7c1a-92d4-4f60-8a1b-c7d9e0f24b68\n'
const COORDINATOR_LOCK = '  type: durable-object\n  url: https://rotation-coordinator.octo.workers.dev\n'

/** Configurations that are wrong, with where and what the first finding must say. */
export const WRONG: readonly (readonly [string, string, RegExp])[] = [
  ['a wrong version', changed('version: 1', 'version: 2'), /^version: must be 1/],
  ['no version', changed('version: 1\n', ''), /^version: .*missing/],
  ['a version as text', changed('version: 1', 'version: "1"'), /^version: must be 1/],
  ['an unknown key at the top', `${BOOTSTRAP}rotation: 1\n`, /^rotation: is not a known key/],
  [
    'an unknown key of a credential',
    changed('        ttl: 24h', '        ttl: 24h\n        tll: 24h'),
    /^rotations\[0\]\.credentials\[0\]\.tll: is not a known key/
  ],
  [
    'an unknown key of a destination',
    changed('        environment: rotation', '        environmnet: rotation'),
    /^rotations\[0\]\.destinations\[1\]\.environmnet: is not a known key/
  ],
  ['an empty home', `home: ''\n${BOOTSTRAP}`, /^home: must be a text of 1 to 200 characters/],
  ['a blank home', `home: '  '\n${BOOTSTRAP}`, /^home: must be a text of 1 to 200 characters/],
  ['a home of digits without quotes', `home: 12345678\n${BOOTSTRAP}`, /^home: .*in quotes/],
  ['a home of 201 characters', `home: ${'a'.repeat(201)}\n${BOOTSTRAP}`, /^home: must be a text/],
  ['no account', changed('account-id: 023e105f4ecef8ad9ca31a8372d0c353\n', ''), /^account-id: .*missing/],
  [
    'an account that is no id',
    changed('023e105f4ecef8ad9ca31a8372d0c353', 'acme'),
    /^account-id: must be the id of a Cloudflare account/
  ],
  [
    'an id of digits without quotes',
    changed('023e105f4ecef8ad9ca31a8372d0c353', '12345678901234567890123456789012'),
    /^account-id: .*quotes/
  ],
  ['a lock without a type', changed('lock:\n  type: kv\n', 'lock:\n'), /^lock/],
  [
    'an empty watch and no rotations',
    `${BOOTSTRAP.split('rotations:')[0]!}watch: []\n`,
    /^rotations: must hold at least one rotation/
  ],
  ['a watch of nothing', `${BOOTSTRAP}watch: [{ name: a }]\n`, /^watch\[0\]/],
  [
    'a watch of a date that is none',
    `${BOOTSTRAP}watch: [{ name: a, expires: 2027-13-01 }]\n`,
    /^watch\[0\]\.expires: must be a date/
  ],
  [
    'a watch of a day that its month does not have',
    `${BOOTSTRAP}watch: [{ name: a, expires: 2027-02-31 }]\n`,
    /^watch\[0\]\.expires: must be a date/
  ],
  [
    'two watches of one name',
    `${BOOTSTRAP}watch: [{ name: a, token: X }, { name: a, token: Y }]\n`,
    /^watch\[1\]\.name: "a" is used already/
  ],
  ['an unknown kind of lock', changed('type: kv', 'type: redis'), /^lock\.type: must have a type/],
  [
    'a KV lock without a namespace',
    changed('  namespace-id: 0f2ac74b498b48028cb68387c421e279\n', ''),
    /^lock\.namespace-id: .*missing/
  ],
  [
    'a KV time to live under 60 s',
    changed('  type: kv', '  type: kv\n  ttl: 59s'),
    /^lock\.ttl: must be at least 60s/
  ],
  ['a D1 lock without a database', changed(KV_LOCK, '  type: d1\n'), /^lock\.database-id: .*missing/],
  [
    'a D1 lock with a name for a database',
    changed(KV_LOCK, '  type: d1\n  database-id: rotation-locks\n'),
    /^lock\.database-id: must be the id of a D1 database/
  ],
  [
    'a D1 time to live under 60 s',
    changed(KV_LOCK, `${D1_LOCK}  ttl: 59s\n`),
    /^lock\.ttl: must be at least 60s/
  ],
  ['a coordinator without a URL', changed(KV_LOCK, '  type: durable-object\n'), /^lock\.url: .*missing/],
  ...[
    'http://locks.example.com',
    'https://user:pass@example.com',
    'https://example.com/?a=1',
    'example.com'
  ].map(
    (url) =>
      [
        `a coordinator at ${url}`,
        changed(KV_LOCK, `  type: durable-object\n  url: ${url}\n`),
        /^lock\.url: must be the https URL of the coordinator/
      ] as const
  ),
  [
    'a token of the coordinator instead of its name',
    changed(KV_LOCK, `${COORDINATOR_LOCK}  token: 0123456789abcdef\n`),
    /^lock\.token: must be the name of a secret/
  ],
  [
    'a coordinator time to live over a day',
    changed(KV_LOCK, `${COORDINATOR_LOCK}  ttl: 2d\n`),
    /^lock\.ttl: must be at most 24h/
  ],
  [
    'no rotations',
    changed(BOOTSTRAP.slice(BOOTSTRAP.indexOf('rotations:')), 'rotations: []\n'),
    /^rotations: must hold at least one rotation/
  ],
  [
    'rotations that are no list',
    changed(BOOTSTRAP.slice(BOOTSTRAP.indexOf('rotations:')), 'rotations: all\n'),
    /^rotations: must be a list/
  ],
  [
    'a name with a capital',
    changed('name: bootstrap', 'name: Bootstrap'),
    /^rotations\[0\]\.name: must be a name/
  ],
  [
    'a name of 33 characters',
    changed('name: bootstrap', `name: ${'a'.repeat(33)}`),
    /^rotations\[0\]\.name: must be a name/
  ],
  [
    'a name that begins with a hyphen',
    changed('name: bootstrap', 'name: -a'),
    /^rotations\[0\]\.name: must be a name/
  ],
  ['no ttl', changed('        ttl: 24h\n', ''), /^rotations\[0\]\.credentials\[0\]\.ttl: .*missing/],
  ...['24', '0h', '-1h', '1.5h', '24 h', '1w', 'P1D', '[24h]', '{}', 'true'].map(
    (ttl) =>
      [
        `the duration ${ttl}`,
        changed('ttl: 24h', `ttl: ${ttl}`),
        /^rotations\[0\]\.credentials\[0\]\.ttl: must be a duration/
      ] as const
  ),
  [
    'an every that is no duration',
    changed('  - name: bootstrap\n', '  - name: bootstrap\n    every: daily\n'),
    /^rotations\[0\]\.every: must be a duration/
  ],
  [
    'an unknown kind of credential',
    changed('type: account-token', 'type: zone-token'),
    /^rotations\[0\]\.credentials\[0\]\.type: must have a type/
  ],
  [
    'no secrets',
    changed(
      '        secrets:\n          value: { primary: PRIMARY_TOKEN_CREATION_TOKEN, secondary: SECONDARY_TOKEN_CREATION_TOKEN }\n',
      ''
    ),
    /^rotations\[0\]\.credentials\[0\]\.secrets: /
  ],
  [
    'a field that a token has not',
    changed('          value: { primary: PRIMARY_T', '          client-id: { primary: PRIMARY_T'),
    /^rotations\[0\]\.credentials\[0\]\.secrets\.(value|client-id): /
  ],
  [
    'a secret in small letters',
    changed('primary: PRIMARY_TOKEN_CREATION_TOKEN', 'primary: primary_token'),
    /^rotations\[0\]\.credentials\[0\]\.secrets\.value/
  ],
  [
    'a secret that begins with GITHUB_',
    changed('primary: PRIMARY_TOKEN_CREATION_TOKEN', 'primary: GITHUB_TOKEN_X'),
    /^rotations\[0\]\.credentials\[0\]\.secrets\.value/
  ],
  [
    'a secret that begins with a digit',
    changed('primary: PRIMARY_TOKEN_CREATION_TOKEN', 'primary: 1_TOKEN'),
    /^rotations\[0\]\.credentials\[0\]\.secrets\.value/
  ],
  [
    'an unknown check',
    changed('can: tokens', 'can: everything'),
    /^rotations\[0\]\.credentials\[0\]\.verify\[0\]\.can: must be tokens or secrets/
  ],
  [
    'no permission group',
    changed(
      '          - can: secrets\n',
      '          - can: secrets\n        permissions:\n          - groups: []\n'
    ),
    /^rotations\[0\]\.credentials\[1\]\.permissions\[0\]\.groups: must hold at least one/
  ],
  [
    'a repository without an owner',
    changed('repository: octo-org/ops', 'repository: ops'),
    /^rotations\[0\]\.destinations\[1\]\.repository: must be a repository as owner\/name/
  ],
  [
    'an environment without a repository',
    changed('        repository: octo-org/ops\n', ''),
    /^rotations\[0\]\.destinations\[1\]: /
  ],
  [
    'a repository and an organization',
    changed('        environment: rotation\n', '        organization: octo-org\n'),
    /^rotations\[0\]\.destinations\[1\]: must have exactly one of repository/
  ],
  [
    'an unknown kind of destination',
    changed('type: secrets-store', 'type: vault'),
    /^rotations\[0\]\.destinations\[0\]\.type: must have a type/
  ],
  [
    'an unknown scope',
    changed(
      '        store-id: 8f7a1cdced6342c18d223ece462fd88d\n',
      '        store-id: 8f7a1cdced6342c18d223ece462fd88d\n        scopes: [pages]\n'
    ),
    /^rotations\[0\]\.destinations\[0\]\.scopes\[0\]: must be workers/
  ],
  [
    'an auth role that does not exist',
    changed('auth:\n', 'auth:\n  token: X\n'),
    /^auth\.token: is not a known key/
  ],
  [
    'an auth variable that is no name',
    changed('auth:\n', 'auth:\n  lock: cfat-xyz\n'),
    /^auth\.lock: must be the name of a/
  ],
  [
    'two alerts that are equal',
    `${BOOTSTRAP}alert: [{ type: issue }, { type: none }, { labels: [credential-rotation], type: issue }]\n`,
    /^alert\[2\]: is the same as alert\[0\]$/
  ],
  [
    'a label with a comma',
    `${BOOTSTRAP}alert: { type: issue, labels: ['rotation, ops'] }\n`,
    /^alert\.labels\[0\]: must be a label without a comma$/
  ],
  [
    'a label of 51 characters in a list of alerts',
    `${BOOTSTRAP}alert: [{ type: issue, labels: [a, ${'x'.repeat(51)}] }]\n`,
    /^alert\[0\]\.labels\[1\]: must be a label of at most 50 characters$/
  ],
  [
    'an alert without labels',
    `${BOOTSTRAP}alert: { type: issue, labels: [] }\n`,
    /^alert\.labels: must hold at least one label/
  ],
  [
    'an unknown kind of alert',
    `${BOOTSTRAP}alert: { type: pager }\n`,
    /^alert\.type: must have a type: issue, email, webhook or none/
  ],
  ['mail from nobody', `${BOOTSTRAP}alert: { type: email, to: a@example.com }\n`, /^alert\.from: .*missing/],
  [
    'mail to nobody',
    `${BOOTSTRAP}alert: { type: email, from: a@example.com, to: [] }\n`,
    /^alert\.to: must hold at least one mail address/
  ],
  [
    'mail to 21',
    `${BOOTSTRAP}alert: { type: email, from: a@example.com, to: [${Array.from({ length: 21 }, (_, i) => `a${i}@example.com`).join(', ')}] }\n`,
    /^alert\.to: must hold at most 20 mail addresses/
  ],
  ...[
    'ops',
    'Ops <ops@example.com>',
    'a@example.com, b@example.com',
    'ops@example.com\\r\\nBcc: x@example.org',
    'ops@example.com\\n',
    'ops\\0@example.com',
    'ops@exa mple.com',
    '"ops"@example.com',
    'ops@',
    ''
  ].map(
    (address) =>
      [
        `the mail address ${JSON.stringify(address)}`,
        `${BOOTSTRAP}alert: { type: email, from: "${address.replaceAll('"', '\\"')}", to: a@example.com }\n`,
        /^alert\.from: must be a mail address/
      ] as const
  ),
  ...(
    [
      [
        'in plain to another machine',
        'host: mail.example.com, security: none',
        /^alert\.smtp: must not have security: none/
      ],
      [
        'in plain to a name like a loopback address',
        'host: 127.0.0.1.example.com, security: none',
        /^alert\.smtp: must not/
      ],
      [
        'with a user without a password',
        'host: mail.example.com, username: MAIL_USER',
        /^alert\.smtp: must have both/
      ],
      [
        'with a password in the file',
        'host: mail.example.com, username: U, password: s3cret!',
        /^alert\.smtp\.password: must be the name/
      ],
      ['by a host that is a URL', 'host: "smtp://mail.example.com"', /^alert\.smtp\.host: must be the name/],
      ['by port 0', 'host: mail.example.com, port: 0', /^alert\.smtp\.port: must be a port/],
      [
        'with other security',
        'host: mail.example.com, security: ssl',
        /^alert\.smtp\.security: must be starttls/
      ]
    ] as const
  ).map(
    ([how, smtp, finding]) =>
      [
        `mail ${how}`,
        `${BOOTSTRAP}alert: { type: email, from: a@example.com, to: a@example.com, smtp: { ${smtp} } }\n`,
        finding
      ] as const
  ),
  [
    'revoke.after: never',
    `${BOOTSTRAP}    revoke: { after: never }\n`,
    /^rotations\[0\]\.revoke\.after: must not be never: use next-rotation, .*`in-use: keep`/
  ],
  [
    'another revoke.after',
    `${BOOTSTRAP}    revoke: { after: a week }\n`,
    /^rotations\[0\]\.revoke\.after: must be verify or next-rotation$/
  ],
  [
    'keep-schedule-alive',
    `keep-schedule-alive: true\n${BOOTSTRAP}`,
    /^keep-schedule-alive: is not supported: remove it\. .*`gh workflow enable`/
  ],
  [
    'strategy rotate with two slots',
    configure(TWO_SLOTS, { credential: { strategy: 'rotate' } }),
    /^rotations\[0\]\.credentials\[0\]\.strategy: must not be rotate where there is a secondary: use replace, /
  ],
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get'].map(
    (method) =>
      [
        `an http probe with the method ${method}`,
        ACCESS.replace('expect: 200', `method: ${method}, expect: 200`),
        /^rotations\[0\]\.credentials\[0\]\.verify\[0\]\.http\.method: must be GET or HEAD \(use a `run` probe/
      ] as const
  ),
  [
    'an unknown way to revoke',
    `${BOOTSTRAP}    revoke: { in-use: force }\n`,
    /^rotations\[0\]\.revoke\.in-use: must be keep or ignore/
  ],
  ...['octo-org/..', 'octo-org/.', 'octo-org/../ops', '../ops', 'octo org/ops'].map(
    (repository) =>
      [
        `the repository ${repository}`,
        changed('repository: octo-org/ops', `repository: ${repository}`),
        /^rotations\[0\]\.destinations\[1\]\.repository: must be a repository as owner\/name/
      ] as const
  ),
  [
    'an alert in octo-org/..',
    `${BOOTSTRAP}alert: { type: issue, repository: octo-org/.. }\n`,
    /^alert\.repository: /
  ],
  ...['"."', '".."', '"a\\nb"', '"a\\0"', `"${'e'.repeat(256)}"`].map(
    (environment) =>
      [
        `the environment ${environment.slice(0, 20)}`,
        changed('environment: rotation', `environment: ${environment}`),
        /^rotations\[0\]\.destinations\[1\]\.environment: must be the name of an environment/
      ] as const
  ),
  ...(
    [
      [
        'ttl',
        'ttl: 24h',
        '1s',
        /^rotations\[0\]\.credentials\[0\]\.ttl: must be at least 10m: a run may take that long/
      ],
      ['ttl', 'ttl: 24h', '9m', /^rotations\[0\]\.credentials\[0\]\.ttl: must be at least 10m/],
      ['ttl', 'ttl: 24h', '999999999d', /^rotations\[0\]\.credentials\[0\]\.ttl: must be at most 36500d/],
      ['ttl', 'ttl: 24h', '36501d', /^rotations\[0\]\.credentials\[0\]\.ttl: must be at most 36500d/]
    ] as const
  ).map(
    ([key, from, time, finding]) => [`${key}: ${time}`, changed(from, `${key}: ${time}`), finding] as const
  ),
  [
    'every: 999999999d',
    changed('  - name: bootstrap\n', '  - name: bootstrap\n    every: 999999999d\n'),
    /^rotations\[0\]\.every: must be at most 36500d/
  ],
  ...['24h', '25h', '30d'].map(
    (every) =>
      [
        `a ttl of 24h for every: ${every}`,
        changed('  - name: bootstrap\n', `  - name: bootstrap\n    every: ${every}\n`),
        /^rotations\[0\]\.credentials\[0\]\.ttl: must be longer than `every`/
      ] as const
  ),
  ...['kv', 'd1', 'durable-object', 'none'].map(
    (type) =>
      [
        `a lock of type ${type} that never ends`,
        changed(
          KV_LOCK,
          `${{ kv: KV_LOCK, d1: D1_LOCK, 'durable-object': COORDINATOR_LOCK, none: '  type: none\n' }[type]!}  ttl: 999999999d\n`
        ),
        /^lock\.ttl: must be at most 24h/
      ] as const
  ),
  ['no lock for a second', changed(KV_LOCK, '  type: none\n  ttl: 1s\n'), /^lock\.ttl: must be at least 60s/],
  ...['999999999d', '2h'].map(
    (timeout) =>
      [
        `a probe that waits ${timeout}`,
        ACCESS.replace('expect: 200', `timeout: ${timeout}`),
        /^rotations\[0\]\.credentials\[0\]\.verify\[0\]\.http\.timeout: must be at most 1h/
      ] as const
  ),
  ...[
    'http://files.example.com/',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://localhost@evil.example/',
    'http://127.0.0.1:80@evil.example/',
    'http://localhost:80@evil.example/',
    'http://user@localhost/',
    'https://user:pass@files.example.com/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://128.0.0.1/',
    'http://localhost%2eevil.example/',
    'https://'
  ].map(
    (url) =>
      [
        `a probe of ${url}`,
        ACCESS.replace('${R2_EXPLORER_BASE_URL}/api/v2/session/info', url),
        /^rotations\[0\]\.credentials\[0\]\.verify\[0\]\.http\.url: must /
      ] as const
  ),
  ...(
    [
      [
        'only an access key id',
        { secrets: { 'access-key-id': 'R2_ACCESS_KEY_ID' } },
        /secrets: must have both access-key-id and secret-access-key, or neither/
      ],
      [
        'a value and only a secret access key',
        { secrets: { value: 'TOKEN', 'secret-access-key': 'R2_SECRET_ACCESS_KEY' }, verify: [] },
        /secrets: must have both access-key-id and secret-access-key, or neither/
      ],
      [
        'no field',
        { secrets: {} },
        /secrets: must have value, access-key-id and secret-access-key, or pair$/
      ],
      [
        'two slots for the id and one for the secret',
        {
          secrets: {
            'access-key-id': { primary: 'ID', secondary: 'OLD_ID' },
            'secret-access-key': 'R2_SECRET_ACCESS_KEY'
          }
        },
        /secrets: must have a secondary for every field, or for none$/
      ],
      [
        'a check of what its token may do',
        { verify: [{ can: 'tokens' }] },
        /verify\[0\]\.can: needs the field value in `secrets`/
      ],
      [
        'an http probe',
        { verify: [{ http: { url: 'https://files.example.com/' } }] },
        /verify\[0\]\.http: needs the field value in `secrets`/
      ],
      [
        'a probe of a jurisdiction that R2 has not',
        { verify: [{ s3: { bucket: 'files', jurisdiction: 'apac' } }] },
        /verify\[0\]\.s3\.jurisdiction: must be eu, fedramp or us/
      ],
      [
        'a probe of a jurisdiction and an endpoint',
        {
          verify: [{ s3: { bucket: 'files', jurisdiction: 'eu', endpoint: 'https://files.example.com' } }]
        },
        /verify\[0\]\.s3: must not have both jurisdiction and endpoint/
      ],
      ...[
        'http://files.example.com',
        'ftp://files.example.com',
        'files.example.com',
        'https://a:b@c.example',
        ''
      ].map(
        (endpoint) =>
          [
            `a probe of the endpoint ${endpoint}`,
            { verify: [{ s3: { bucket: 'files', endpoint } }] },
            /verify\[0\]\.s3\.endpoint: must /
          ] as const
      ),
      [
        'a probe of an endpoint with a query',
        { verify: [{ s3: { bucket: 'files', endpoint: 'https://files.example.com/?x=1' } }] },
        /verify\[0\]\.s3\.endpoint: must have no query and no fragment/
      ],
      ...['Files', 'a', '-files', 'my.files', 'files/..'].map(
        (bucket) =>
          [
            `a probe of the bucket ${bucket}`,
            { verify: [{ s3: { bucket } }] },
            /verify\[0\]\.s3\.bucket: must be the name of an R2 bucket/
          ] as const
      ),
      ['a probe without a bucket', { verify: [{ s3: {} }] }, /verify\[0\]\.s3\.bucket: is missing/]
    ] as const
  ).map(
    ([what, keys, finding]) =>
      [
        `an R2 key with ${what}`,
        configure(R2_KEY, { credential: withOnly(keys) }),
        new RegExp(`^rotations\\[0\\]\\.credentials\\[0\\]\\.${finding.source}`)
      ] as const
  ),
  [
    'an s3 probe of a token without an R2 key',
    changed('can: secrets', 's3: { bucket: files }'),
    /^rotations\[0\]\.credentials\[1\]\.verify\[0\]\.s3: needs the field access-key-id in `secrets`/
  ],
  ['a list', '- a\n- b\n', /mapping|missing/],
  ['a text', 'version\n', /mapping/],
  ['nothing', '\n', /mapping|missing/]
]

/** Configurations that are right. */
export const RIGHT: readonly (readonly [string, string])[] = [
  ...[
    'http://localhost:8080/',
    'http://127.0.0.1/',
    'http://127.1.2.3:1/x',
    'http://[::1]:80/',
    'https://a.example/?x=1',
    'HTTPS://a.example/'
  ].map(
    (url) =>
      [`a probe of ${url}`, ACCESS.replace('${R2_EXPLORER_BASE_URL}/api/v2/session/info', url)] as const
  ),
  ['the shortest ttl', changed('ttl: 24h', 'ttl: 10m')],
  ['the longest ttl', changed('ttl: 24h', 'ttl: 36500d')],
  ['a repository whose name begins with dots', changed('octo-org/ops', 'octo-org/..ops')],
  ['an environment with a slash', changed('environment: rotation', 'environment: "ops / live"')],
  ['a home', `home: Ops, Zürich ✓\n${BOOTSTRAP}`],
  ['a home of 200 characters', `home: ${'a'.repeat(200)}\n${BOOTSTRAP}`],
  ['the quick start', BOOTSTRAP],
  [
    'a single slot by its plain name',
    changed(
      '{ primary: PRIMARY_TOKEN_CREATION_TOKEN, secondary: SECONDARY_TOKEN_CREATION_TOKEN }',
      'PRIMARY_TOKEN_CREATION_TOKEN'
    )
  ],
  ['a probe with HEAD', ACCESS.replace('expect: 200', 'method: HEAD, expect: 200')],
  ['no auth', BOOTSTRAP.replace(/auth:\n(?: {2}.*\n)+/, '')],
  ['a lock in D1', changed(KV_LOCK, D1_LOCK)],
  ['a lock in a Durable Object', changed(KV_LOCK, COORDINATOR_LOCK)],
  [
    'a coordinator on this machine',
    changed(
      KV_LOCK,
      '  type: durable-object\n  url: "http://[::1]:8787/base/"\n  token: LOCK_TOKEN\n  ttl: 24h\n'
    )
  ],
  [
    'no lock by name',
    changed('  type: kv\n  namespace-id: 0f2ac74b498b48028cb68387c421e279\n', '  type: none\n')
  ],
  [
    'an organization',
    changed(
      '        repository: octo-org/ops\n        environment: rotation\n',
      '        organization: octo-org\n'
    )
  ],
  ['an R2 key', R2_KEY],
  ['an R2 key of a user token', R2_KEY.replace('account-token', 'user-token')],
  [
    'an R2 key beside the value of its token',
    R2_KEY.replace('        secrets:\n', '        secrets:\n          value: FILES_TOKEN\n')
  ],
  ...['https://r2.example.com/base/', 'http://127.0.0.1:8787/r2'].map(
    (endpoint) =>
      [
        `a probe of the endpoint ${endpoint}`,
        R2_KEY.replace('jurisdiction: eu', `endpoint: "${endpoint}"`)
      ] as const
  ),
  ['a user token', BOOTSTRAP.replaceAll('account-token', 'user-token')],
  ['an interval', changed('  - name: bootstrap\n', '  - name: bootstrap\n    every: 12h\n')],
  [
    'stated permissions',
    changed(
      '          - can: secrets\n',
      '          - can: secrets\n        permissions:\n          - groups: [Secrets Store Write]\n            resources: { com.cloudflare.api.account.*: "*" }\n'
    )
  ],
  ['no alert', `${BOOTSTRAP}alert: { type: none }\n`],
  [
    'mail by Cloudflare',
    `${BOOTSTRAP}alert: { type: email, from: a.b+c@example.com, to: ops@example.com }\n`
  ],
  [
    'mail by a server',
    `${BOOTSTRAP}alert: { type: email, from: a@example.com, to: [b@example.com, c@example.com], smtp: { host: mail.example.com, port: 465, security: tls, username: U, password: P } }\n`
  ],
  ...['localhost', '127.0.0.1', '127.1.2.3', '"::1"'].map(
    (host) =>
      [
        `mail in plain by ${host}`,
        `${BOOTSTRAP}alert: { type: email, from: a@example.com, to: b@localhost, smtp: { host: ${host}, security: none } }\n`
      ] as const
  )
]
