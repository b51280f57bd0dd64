/**
 * What an endpoint gives of the data that comes: whole messages (`MessageAssembler`, `MessageBytesAssembler`), pieces of
 * them as they come (`FragmentAssembler`) or frames (`FrameAssembler`). Each takes the decoder's pieces one by one; the
 * order of frames was already checked.
 */
import type { Inflater } from "./Compression.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import type { Limits, MessageTooBig } from "./Limits.ts"
import type { Control } from "./Opcode.ts"
import type { Platform } from "./Platform.ts"
import type { ProtocolViolation } from "./ProtocolViolation.ts"

export type Failure = ProtocolViolation | MessageTooBig

/** Text or binary: what a message is, whatever form its payload is given in (RFC 6455 §5.6). */
export type Kind = "text" | "binary"

/** How much may be given, in elements of what the assembler makes. */
export interface Room {
  messages: number
  /** Their size, such as bytes of binary messages and UTF-16 units of texts. What passes it is still given. */
  bytes: number
}

export interface Assembler<A> {
  /** Takes the piece under the cursor: what it completes, undefined when more must come, or a failure. */
  take(piece: FrameDecoder): A | undefined | Failure
  /** Takes several whole messages behind the cursor at once, where it can. Answers how many. */
  takeRun?(decoder: FrameDecoder, into: Array<A>, room: Room): number
  /** What a control frame is given as, where it is given. */
  control?(opcode: Control, payload: Uint8Array): A
  /** How much of a bound in bytes it uses up. */
  sizeOf(element: A): number
}

export type Make<A> = (platform: Platform, limits: Limits, inflater: Inflater | undefined) => Assembler<A>

export const isFailure = (answer: unknown): answer is Failure =>
  typeof answer === "object" && !(answer instanceof Uint8Array) && "closeCode" in answer!
