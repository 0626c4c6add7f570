/** Mail to be sent. */
export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
  /** In angle brackets, as the header has it. */
  readonly messageId: string
  /** Id that all mails of a workflow reply to, in angle brackets, so that mail programs show them as one thread. */
  readonly threadId: string
  /** ISO. */
  readonly date: string
}

/** Result of sending a mail: the recipients that it was not sent to. */
export interface Delivery {
  readonly rejected: readonly string[]
}

/** Transport of mail. */
export interface MailTransport {
  readonly label: string
  /** Sends a mail to those recipients that are accepted. @throws RotationError when none is */
  send(mail: Mail): Promise<Delivery>
  /** Checks whether mail could be sent, as far as possible without sending any. @throws RotationError with a hint */
  verify(): Promise<void>
}
