import { createHash } from 'node:crypto'
import { Secret, type SecretRegistry } from '../../kernel/secret.ts'
import type { FieldValues } from '../../rotation/model/ports.ts'

/** The fields of an API token: its value, and the two halves of the R2 key that is derived from it. */
export const VALUE = 'value'
export const ACCESS_KEY_ID = 'access-key-id'
export const SECRET_ACCESS_KEY = 'secret-access-key'

/** R2 key as a slot holds it. */
export interface R2Key {
  readonly accessKeyId: Secret
  readonly secretAccessKey: Secret
}

/** Finds the R2 key among the values of a slot; undefined where the token has no derived fields. */
export function findR2Key(values: FieldValues): R2Key | undefined {
  const accessKeyId = values[ACCESS_KEY_ID]
  const secretAccessKey = values[SECRET_ACCESS_KEY]
  return accessKeyId === undefined || secretAccessKey === undefined
    ? undefined
    : { accessKeyId, secretAccessKey }
}

/** All values of a new token. The R2 key is the token's id and the SHA-256 of its value in hex; Cloudflare's documentation. */
export function valuesOfToken(id: string, value: string, secrets: SecretRegistry): FieldValues {
  return {
    [VALUE]: secrets.register(value),
    [ACCESS_KEY_ID]: new Secret(id),
    [SECRET_ACCESS_KEY]: secrets.register(sha256(value))
  }
}

/** Says which half of an R2 key does not belong to a token; undefined when both do. */
export function findMismatch(
  { accessKeyId, secretAccessKey }: R2Key,
  { id, value }: { readonly id: string; readonly value: Secret }
): string | undefined {
  if (accessKeyId.reveal() !== id) return 'its access key id is not the id of the token in its value'
  if (secretAccessKey.reveal() !== sha256(value.reveal()))
    return 'its secret access key is not the SHA-256 of its value'
  return undefined
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
