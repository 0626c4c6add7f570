import type { AccountToken } from './cloudflare/account-tokens.ts'
import { getPermissionGroup } from './cloudflare/permission-groups.ts'
import type { Bucket, Jurisdiction } from './cloudflare/r2.ts'
import { secretAccessKeyOf } from './r2/key.ts'
import type { Sandbox } from './sandbox.ts'
import type { BootstrapAccount } from './seed.ts'

/** Bucket with a key that was created by hand, and two environments that hold the key under different names. */
export interface R2Files {
  readonly bucket: Bucket
  readonly token: AccountToken
  readonly secretAccessKey: string
  /** Environment of the consumers, beside that of the rotation. */
  readonly environment: string
}

/** Fills the sandbox with the bucket `files` and a key for it alone. */
export function seedR2Files(
  { cloudflare }: Sandbox,
  { repository, environment }: BootstrapAccount,
  { jurisdiction = 'eu', ttlMs }: { jurisdiction?: Jurisdiction; ttlMs?: number } = {}
): R2Files {
  const bucket = cloudflare.r2.addBucket('files', jurisdiction, ['documents/test.txt', 'readme.md'])
  const token = cloudflare.tokens.seedWith({
    name: 'r2 files (made by hand)',
    policies: [
      {
        effect: 'allow',
        permission_groups: [{ id: getPermissionGroup('Workers R2 Storage Bucket Item Write').id }],
        resources: {
          [`com.cloudflare.edge.r2.bucket.${cloudflare.accountId}_${jurisdiction}_${bucket.name}`]: '*'
        }
      }
    ],
    ...(ttlMs === undefined ? {} : { ttlMs })
  })
  const secretAccessKey = secretAccessKeyOf(token)
  const feeding = repository.environment(environment)
  feeding.put('R2_ACCESS_KEY_ID', token.id)
  feeding.put('R2_SECRET_ACCESS_KEY', secretAccessKey)
  const consumers = repository.addEnvironment('production')
  consumers.put('S3_ACCESS_KEY_ID', token.id)
  consumers.put('S3_SECRET_ACCESS_KEY', secretAccessKey)
  return { bucket, token, secretAccessKey, environment: 'production' }
}
