/** A client under test, as small as it can be: connect to the URL and echo every message with its kind until the end. */
export interface Agent {
  /** Resolves when the connection is over, however it ended. */
  readonly run: (url: string) => Promise<void>
}

/** Section 9 sends messages of 16 MiB; no other default of any agent is changed. */
export const maxMessageBytes = 0x1000000
