/** The error for an illegal payload of a ping or pong. If it is too long, the error says how long it is. */
import { InvalidMessage as Invalid } from "@effect-websocket/core"
import { InvalidMessage } from "../Errors.ts"

export const of = (payload: Uint8Array): InvalidMessage | undefined => {
  const invalid = Invalid.ofControlPayload(payload)
  if (invalid === undefined) return undefined
  return new InvalidMessage({ ...invalid, ...(invalid.rule === "ControlPayloadTooLong" && { actual: payload.length }) })
}
