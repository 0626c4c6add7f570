import type { Account } from './account.ts'

/** Where an assumption comes from: documentation, the SDK's types, what somebody saw, Terraform's provider, own trial, or not known. */
export type Source = '[DOC]' | '[SDK]' | '[OBS]' | '[TF]' | '[RAN]' | '[?]'

/** One thing about a platform that the code rests on. */
export interface Assumption {
  /** `<area>/<what>` */
  readonly id: string
  readonly source: Source
  /** The assumption, as one sentence. */
  readonly says: string
  /** Tries it; answers {@link AS_ASSUMED}, or what is otherwise, without any value. */
  run(account: Account): Promise<string>
}

/** What {@link Assumption.run} answers where the platform does what is assumed. */
export const AS_ASSUMED = 'as assumed'

/** Thrown by an assumption that cannot be tried with this account; the message says why. */
export class NotTried extends Error {
  override readonly name = 'NotTried'
}

/** Thrown in place of a call after the command was asked to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** {@link AS_ASSUMED} where the condition holds, otherwise the text. */
export function when(condition: boolean, otherwise: string): string {
  return condition ? AS_ASSUMED : otherwise
}

/** The first of several verdicts that is otherwise. */
export function all(...verdicts: readonly string[]): string {
  return verdicts.find((verdict) => verdict !== AS_ASSUMED) ?? AS_ASSUMED
}
