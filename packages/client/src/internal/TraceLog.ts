/**
 * The log of one connection, for finding faults: how each stage of dialling ended, both heads of the handshake, and every
 * frame. `TraceHandshake` and `TraceFrames` decide what is shown of them.
 *
 * Frames pass in places that cannot wait, so lines are queued here, up to a limit, for the fiber that logs them.
 */
import type { OpeningHandshake } from "@effect-websocket/core"
import type { ByteStream } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { describeStep, type Step } from "../ConnectError.ts"
import type { TraceOptions } from "../TraceOptions.ts"
import type * as Attempt from "./Attempt.ts"
import * as TraceFrames from "./TraceFrames.ts"
import * as TraceHandshake from "./TraceHandshake.ts"

export interface TraceLog {
  readonly step: (step: Step) => void
  readonly request: (bytes: Uint8Array) => void
  readonly answer: (answer: Attempt.Accepted | OpeningHandshake.Rejected) => void
  /** The same byte stream, with its frames logged as they pass. */
  readonly frames: (stream: ByteStream, first: Uint8Array) => ByteStream
}

/** Logs until the scope closes, and what is left then. */
export const make = Effect.fnUntraced(function* (
  { level, payloadBytes }: TraceOptions,
  url: string
): Effect.fn.Return<TraceLog, never, Scope.Scope> {
  const lines = yield* Queue.dropping<string>(maxLines)
  let lost = 0
  const tell = (line: string) => {
    if (!Queue.offerUnsafe(lines, line)) lost++
  }
  const log = (line: string) => Effect.annotateLogs(Effect.logWithLevel(level)(line), { url })
  const rest = Effect.flatMap(Queue.clear(lines), (lines) => Effect.forEach(lines, log, { discard: true }))
  const report = Effect.suspend(() => {
    const count = lost
    lost = 0
    return count === 0 ? Effect.void : log(`${count} lines were lost: more came than could be logged`)
  })
  const print = Effect.flatMap(Queue.take(lines), (line) => Effect.andThen(log(line), Effect.andThen(rest, report)))
  yield* Effect.addFinalizer(() => Effect.andThen(rest, report))
  yield* Effect.forkScoped(Effect.forever(print), { startImmediately: true })
  return {
    step: (step) => tell(describeStep(step).trim()),
    request: (bytes) => tell(TraceHandshake.request(bytes)),
    answer: (answer) => tell(TraceHandshake.answer(answer, payloadBytes)),
    frames: (stream, first) => TraceFrames.tap(stream, first, tell, payloadBytes)
  }
})

/** How many lines may wait to be logged. Nobody would read more. */
const maxLines = 4096
