import type { CredentialObject } from '../../rotation/model/ports.ts'
import { RotatedServiceToken } from './rotated-service-token.ts'

/** Access service token with `strategy: refresh`: its lifetime is extended in time, and its secret stays. */
export class RefreshedServiceToken extends RotatedServiceToken {
  /** Extends the lifetime first: the name says when that was, and a run that ends in between refreshes again. */
  async refresh({ id, expiresAt }: CredentialObject, name: string): Promise<CredentialObject> {
    if (expiresAt !== undefined) await this.tokens.api.refresh(id)
    await this.tokens.update(id, { name })
    const object = await this.reread(id)
    if (object === undefined) throw new TypeError(`The service token ${id} is gone`)
    return object
  }
}
