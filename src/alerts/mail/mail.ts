/** A mail as it is handed to what sends it. */
export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
  /** In angle brackets, as the header has it. */
  readonly messageId: string
  /** The id that all mails of a workflow answer, in angle brackets, so that mail programs show them together. */
  readonly threadId: string
  /** ISO. */
  readonly date: string
}

/** Who gets a mail and who does not. */
export interface Delivery {
  readonly accepted: readonly string[]
  readonly rejected: readonly string[]
}

/** A way to send mail. */
export interface MailTransport {
  readonly label: string
  /** Sends a mail to whoever of its recipients is accepted. @throws RotationError when it goes to nobody */
  send(mail: Mail): Promise<Delivery>
  /** Finds out whether mail could be sent, as far as that goes without sending any. @throws RotationError with a hint */
  verify(): Promise<void>
}
