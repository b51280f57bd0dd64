/**
 * A byte stream over any `Socket` of effect/socket. That module is unstable, so only this file uses it.
 *
 * Such a socket writes with an Effect, so a fiber of the scope writes, and `flushed` means that the socket has the bytes. A
 * broken connection fails reading or writing; whichever comes first fails the stream for both. A reader still gets what is at
 * hand then, since the peer may have said goodbye before it was gone.
 */

import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Pull } from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { ByteStream } from "../ByteStream.ts"
import { during } from "../DialStep.ts"
import { authorityOf, type Destination } from "../Target.ts"
import { Reset, TimedOut, TransportError, type TransportReason } from "../TransportError.ts"
import { brokenReason, openReason } from "./NodeError.ts"
import * as SocketInfo from "./SocketInfo.ts"
import { Waiters } from "./Waiters.ts"
import { WriteBuffer } from "./WriteBuffer.ts"

/** What a program may give: a socket, or an Effect that makes one. */
export type Source = Socket.Socket | Effect.Effect<Socket.Socket, Socket.SocketError, Scope.Scope>

/** Dials by acquiring the socket's reader. */
export const open = (source: Source, target: Destination): Effect.Effect<ByteStream, TransportError, Scope.Scope> => {
  const { report } = target
  const socket = Socket.isSocket(source) ? Effect.succeed(source) : source
  return during(
    Effect.mapError(
      Effect.flatMap(socket, acquire),
      (error) => new TransportError({ reason: dialReason(target, error) })
    ),
    { report, stage: "socket", detail: authorityOf(target) }
  )
}

const acquire = Effect.fnUntraced(function* (
  socket: Socket.Socket
): Effect.fn.Return<ByteStream, Socket.SocketError, Scope.Scope> {
  const scope = yield* Effect.scope
  const pull = yield* Socket.readerBytes(socket)
  const writing = yield* Scope.fork(scope)
  const writer = yield* Scope.provide(socket.writer, writing)

  const work = new Waiters()
  const buffer = new WriteBuffer(highWaterMark, () => work.wake())
  /** How every later pull ends. */
  let end: Pull<never, TransportError> | undefined
  /** How a pull ends instead of waiting, once nothing can be written any more. */
  let broken: Effect.Effect<never, TransportError> | undefined
  let isHalfClosed = false
  const fail = (reason: TransportReason): Effect.Effect<never, TransportError> => {
    const error = new TransportError({ reason })
    buffer.fail(error)
    return Effect.fail(error)
  }

  yield* Effect.gen(function* () {
    while (!buffer.isOver) {
      const batch = yield* work.until(() => nextBatch(buffer))
      if (!Arr.isReadonlyArrayNonEmpty(batch)) continue
      yield* writer.writeAll(batch)
      buffer.confirm(byteLength(batch))
    }
    // Closing the writer's scope half-closes the socket.
    yield* Scope.close(writing, Exit.void)
    isHalfClosed = true
    work.wake()
  }).pipe(
    Effect.onError((cause) =>
      Effect.sync(() => {
        const failed = fail(writeReasonOf(cause))
        // A defect reaches the reader, as if its pull had died, since a write cannot report it.
        broken = Cause.hasDies(cause) ? Effect.die(Cause.squash(cause)) : failed
        work.wake()
      })
    ),
    Effect.forkIn(scope, { startImmediately: true })
  )
  // Runs before the fiber is interrupted, so that the interruption does not count as a failed write.
  yield* Scope.addFinalizer(
    scope,
    Effect.sync(() => {
      end = broken = fail(new Reset({}))
      work.wake()
    })
  )

  const noMore = work.until(() => broken)
  const read: Pull<NonEmptyReadonlyArray<Uint8Array>, TransportError> = Effect.suspend(
    () =>
      end ??
      Effect.matchEffect(Effect.raceFirst(pull, noMore), {
        onFailure: (error) => {
          end ??=
            error instanceof TransportError ? broken! : isCleanEnd(error) ? Cause.done() : fail(brokenReasonOf(error))
          return end
        },
        onSuccess: (chunks) => {
          const present = chunks.filter((chunk) => chunk.length > 0)
          return Arr.isReadonlyArrayNonEmpty(present) ? Effect.succeed(present) : read
        }
      })
  )
  return {
    pull: read,
    writeUnsafe: buffer.write,
    drained: buffer.drained,
    flushed: buffer.flushed,
    unflushedBytes: buffer.unconfirmedBytes,
    shutdown: Effect.andThen(
      buffer.end,
      work.until(() => (isHalfClosed ? Effect.void : broken))
    ),
    info: SocketInfo.none
  }
})

/**
 * In pieces, so that a large write shows its progress; copied, since the socket may pass on what it is given without a copy.
 */
const nextBatch = (buffer: WriteBuffer) => {
  const batch = buffer.take(batchBytes).map((chunk) => new Uint8Array(chunk))
  return batch.length > 0 || buffer.isOver ? Effect.succeed(batch) : undefined
}

const dialReason = ({ host, port }: Destination, error: Socket.SocketError): TransportReason => {
  const { reason } = error
  if (reason._tag !== "SocketOpenError") return brokenReasonOf(error)
  return reason.kind === "Timeout" ? new TimedOut({ stage: "socket" }) : openReason(host, port, reason.cause)
}

const brokenReasonOf = ({ reason }: Socket.SocketError): TransportReason =>
  reason._tag === "SocketCloseError" ? new Reset({ code: `closed with ${reason.code}` }) : brokenReason(reason.cause)

/** Why writing failed. The writer may also die, or be interrupted by its owner. */
const writeReasonOf = (cause: Cause.Cause<Socket.SocketError>): TransportReason => {
  if (Cause.hasInterruptsOnly(cause)) return new Reset({ code: "write interrupted" })
  const error = Cause.squash(cause)
  return Socket.isSocketError(error) ? brokenReasonOf(error) : brokenReason(error)
}

const isCleanEnd = ({ reason }: Socket.SocketError): boolean =>
  reason._tag === "SocketCloseError" && reason.code === 1000

const byteLength = (chunks: ReadonlyArray<Uint8Array>): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0)

const highWaterMark = 0x10000
const batchBytes = 0x10000
