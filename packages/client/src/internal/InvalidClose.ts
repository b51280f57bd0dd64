/** The error for an illegal close code or reason. */
import { ClosePayload, type InvalidMessage as Invalid } from "@effect-websocket/core"
import { NodePlatform } from "@effect-websocket/transport"
import { InvalidMessage } from "../Errors.ts"

export const of = (closeCode: number, closeReason: string): InvalidMessage | undefined => {
  const payload = ClosePayload.encode({ closeCode, closeReason }, NodePlatform.platform)
  return "_tag" in payload ? describe(payload, closeCode) : undefined
}

export const describe = (invalid: Invalid.InvalidMessage, closeCode: number): InvalidMessage =>
  new InvalidMessage({ ...invalid, ...(invalid.rule === "ReservedCloseCode" && { actual: closeCode }) })
