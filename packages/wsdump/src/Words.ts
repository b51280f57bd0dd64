/** What is said of a failure on stderr: its own words, with options called by the names that they have here. */
import type { Failure } from "./ExitCode.ts"

export const words = ({ _tag, message }: Failure): string => {
  if (_tag === "MessageTooBig") return message.replace("limits.maxMessageBytes", "--max-message")
  return _tag === "ConnectError" ? message.replace("the option redirects", "--location") : message
}
