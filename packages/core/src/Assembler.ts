/**
 * What an endpoint makes of incoming data: whole messages (`MessageAssembler`, `MessageBytesAssembler`), pieces of them as they
 * arrive (`FragmentAssembler`) or frames (`FrameAssembler`). Each takes the decoder's pieces one by one; the order of frames is
 * already checked.
 */
import type { Inflater } from "./Compression.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import type { Limits, MessageTooBig } from "./Limits.ts"
import type { Control } from "./Opcode.ts"
import type { Platform } from "./Platform.ts"
import type { ProtocolViolation } from "./ProtocolViolation.ts"

export type Failure = ProtocolViolation | MessageTooBig

/** Whether a message is text or binary, in whatever form its payload is delivered (RFC 6455 §5.6). */
export type Kind = "text" | "binary"

/** How much may be delivered: a number of elements that the assembler makes. */
export interface Room {
  messages: number
  /** Their size, such as bytes of binary messages and UTF-16 units of texts. The element that exceeds it is still delivered. */
  bytes: number
}

export interface Assembler<A> {
  /** Takes the piece under the cursor. Returns what it completes, undefined when more must come, or a failure. */
  take(piece: FrameDecoder): A | undefined | Failure
  /** Takes several whole messages after the cursor at once, where it can. Returns how many. */
  takeRun?(decoder: FrameDecoder, into: Array<A>, room: Room): number
}

/** One kind of assembler, and what is known of its elements without one: an endpoint makes it when data comes. */
export interface Assembly<A> {
  make(platform: Platform, limits: Limits, inflater: Inflater | undefined): Assembler<A>
  /** How much of a limit in bytes an element uses up. */
  sizeOf(this: void, element: A): number
  /** The element for a control frame. Absent if control frames are not delivered. */
  control?(opcode: Control, payload: Uint8Array): A
}

export const isFailure = (answer: unknown): answer is Failure =>
  typeof answer === "object" && !(answer instanceof Uint8Array) && "closeCode" in answer!
