/** What is said of a failure on stderr: its own words, with a limit called by the name that it has here. */
import type { Failure } from "./ExitCode.ts"

export const words = (failure: Failure): string =>
  failure._tag === "MessageTooBig"
    ? failure.message.replace("limits.maxMessageBytes", "--max-message")
    : failure.message
