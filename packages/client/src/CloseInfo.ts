/**
 * How a connection ended: the record that `close` and `closed` return, and that `ConnectionClosed` is made from.
 */
import * as Schema from "effect/Schema"

/** What one Close frame said (RFC 6455 §5.5.1). */
export const CloseFrame = Schema.Struct({
  /** Absent if the frame had no payload. */
  closeCode: Schema.optionalKey(Schema.Int),
  closeReason: Schema.String
})
export type CloseFrame = typeof CloseFrame.Type

/**
 * Who ended it: `peer` if its Close came first, `us` if ours did (or if we gave up on the peer), and `network` if the byte
 * stream ended before either side had closed.
 */
export const ClosedBy = Schema.Literals(["peer", "us", "network"])
export type ClosedBy = typeof ClosedBy.Type

/** How a connection ended. */
export interface CloseInfo {
  /** The peer's code; 1005 when its Close had none, 1006 when no Close came (RFC 6455 §7.1.5). */
  readonly closeCode: number
  readonly closeReason: string
  readonly by: ClosedBy
  /** Both Close frames have passed: the closing handshake is complete. */
  readonly clean: boolean
  /** Our Close frame, if it was sent. */
  readonly sent?: CloseFrame
  /** The peer's Close frame, if it came. */
  readonly received?: CloseFrame
  /** How many messages came after our Close and were dropped because the inbox was full. */
  readonly discarded: number
}
