/** Pair of bootstrap tokens, written to a Secrets Store and to GitHub in every run. */
export const BOOTSTRAP = `
version: 1
account-id: 023e105f4ecef8ad9ca31a8372d0c353
auth:
  tokens: [PRIMARY_TOKEN_CREATION_TOKEN, SECONDARY_TOKEN_CREATION_TOKEN]
  secrets: [PRIMARY_SECRET_EDIT_TOKEN, SECONDARY_SECRET_EDIT_TOKEN]
lock:
  type: kv
  namespace-id: 0f2ac74b498b48028cb68387c421e279
rotations:
  - name: bootstrap
    credentials:
      - name: token-creation
        type: account-token
        ttl: 24h
        secrets:
          value: { primary: PRIMARY_TOKEN_CREATION_TOKEN, secondary: SECONDARY_TOKEN_CREATION_TOKEN }
        verify:
          - can: tokens
      - name: secret-edit
        type: account-token
        ttl: 24h
        secrets:
          value: { primary: PRIMARY_SECRET_EDIT_TOKEN, secondary: SECONDARY_SECRET_EDIT_TOKEN }
        verify:
          - can: secrets
    destinations:
      - type: secrets-store
        store-id: 8f7a1cdced6342c18d223ece462fd88d
      - type: github-secret
        repository: octo-org/ops
        environment: rotation
`

/** Access pair of an automation with a single slot, verified with the service and its command. */
export const ACCESS = `
version: 1
account-id: 023e105f4ecef8ad9ca31a8372d0c353
lock:
  type: kv
  namespace-id: 0f2ac74b498b48028cb68387c421e279
rotations:
  - name: share-automation
    every: 30d
    credentials:
      - name: r2-explorer
        type: access-service-token
        duration: 8760h
        secrets:
          client-id: R2_EXPLORER_ACCESS_CLIENT_ID
          client-secret: R2_EXPLORER_ACCESS_CLIENT_SECRET
        verify:
          - http: { url: "\${R2_EXPLORER_BASE_URL}/api/v2/session/info", expect: 200 }
          - run: r2 share worker create files documents/test.txt 1h --max-downloads 1
            env: { R2_EXPLORER_BASE_URL: '\${R2_EXPLORER_BASE_URL}' }
          - run: r2 share worker list files documents/test.txt
            env: { R2_EXPLORER_BASE_URL: '\${R2_EXPLORER_BASE_URL}' }
    destinations:
      - type: github-secret
        repository: octo-org/ops
        environment: automation
`

/** R2 key with a single slot, at two environments under different names. */
export const R2_KEY = `
version: 1
account-id: 023e105f4ecef8ad9ca31a8372d0c353
auth: { tokens: PRIMARY_TOKEN_CREATION_TOKEN }
lock:
  type: kv
  namespace-id: 0f2ac74b498b48028cb68387c421e279
rotations:
  - name: files
    every: 30d
    credentials:
      - name: r2
        type: account-token
        ttl: 90d
        secrets:
          access-key-id: R2_ACCESS_KEY_ID
          secret-access-key: R2_SECRET_ACCESS_KEY
        verify:
          - s3: { bucket: files, jurisdiction: eu }
    destinations:
      - type: github-secret
        repository: octo-org/ops
        environment: rotation
      - type: github-secret
        repository: octo-org/ops
        environment: production
        names: { R2_ACCESS_KEY_ID: S3_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY: S3_SECRET_ACCESS_KEY }
`

/** Both in one configuration. */
export const BOTH = `${BOOTSTRAP}${ACCESS.slice(ACCESS.indexOf('  - name: '))}`
