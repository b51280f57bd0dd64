/** What is said of a failure on stderr: its own words, with options called by the names that they have here. */
import type { InvalidMessage } from "@effect-websocket/client"
import type { Failure } from "./ExitCode.ts"

export const words = ({ _tag, message }: Failure): string => {
  if (_tag === "MessageTooBig") return message.replace("limits.maxMessageBytes", "--max-message")
  if (_tag !== "ConnectError") return message
  return message.replace("the option redirects", "--location").replace(" (redirects.limit)", "")
}

/** Why a message cannot be sent, for a sentence that has said already that it was not. */
export const problemOf = ({ message }: InvalidMessage): string =>
  message.replace(/^Not sent \((.*?)\): (.*)$/s, "$2 ($1)")
