/** Pause before a refused value is asked about once more, in milliseconds: one answer proves nothing. */
export const SECOND_LOOK_MS = 2_000
