/** What is not legal about the payload of a ping or pong, as the error that tells: its size, where that is what is wrong. */
import { InvalidMessage as Invalid } from "@effect-websocket/core"
import { InvalidMessage } from "../Errors.ts"

export const of = (payload: Uint8Array): InvalidMessage | undefined => {
  const invalid = Invalid.ofControlPayload(payload)
  if (invalid === undefined) return undefined
  return new InvalidMessage({ ...invalid, ...(invalid.rule === "ControlPayloadTooLong" && { actual: payload.length }) })
}
