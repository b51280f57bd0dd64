/**
 * The write side of a byte stream that a test fills and drains by hand. What was written, and what left, is read back
 * by an endpoint in the server role, so a torn frame or a missing byte shows at once.
 */
import { assert } from "@effect/vitest"
import type { Message } from "@effect-websocket/client"
import { Endpoint, Limits, Platform } from "@effect-websocket/core"
import type { ByteStream, TransportError } from "@effect-websocket/transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Outgoing } from "../src/internal/Outgoing.ts"
import { settle, start } from "./harness.ts"

/** An outgoing side whose loop runs in the background. */
export const made = Effect.fnUntraced(function* ({ highWaterMark = 0x10000 } = {}) {
  const transport = new Sink(highWaterMark)
  const endpoint: Endpoint.Endpoint<Message> = new Endpoint.Endpoint({
    role: "client",
    platform: Platform.pure,
    limits: Limits.defaults,
    maskingKey: () => 0x01020304
  })
  const outgoing = new Outgoing(transport, endpoint, yield* Clock.Clock)
  const running = yield* start(outgoing.run)
  return { outgoing, endpoint, transport, running }
})

/** The same, and the transport holds a message already. */
export const blocked = Effect.fnUntraced(function* () {
  const all = yield* made({ highWaterMark: 1 })
  all.transport.stall()
  yield* all.outgoing.send("first")
  yield* settle
  return all
})

class Sink implements ByteStream {
  /** What was handed over, decoded: one entry per `writeUnsafe`. */
  readonly writes: Array<Array<Message>> = []
  /** The same, as it was handed over. */
  readonly chunks: Array<Uint8Array> = []
  readonly pull = Effect.never
  readonly shutdown = Effect.void
  readonly info = { local: undefined, remote: undefined, tls: undefined }
  private readonly highWaterMark: number
  private readonly waiters = new Set<(effect: Effect.Effect<void, TransportError>) => void>()
  private readonly reader = serverEndpoint()
  private readonly arrived = serverEndpoint()
  private queue: Array<Uint8Array> = []
  private readonly messages: Array<Message> = []
  private allowance = Number.POSITIVE_INFINITY
  private failure: TransportError | undefined

  constructor(highWaterMark: number) {
    this.highWaterMark = highWaterMark
  }

  readonly unflushedBytes = () =>
    this.failure === undefined ? this.queue.reduce((sum, chunk) => sum + chunk.length, 0) : 0

  readonly writeUnsafe = (chunks: ReadonlyArray<Uint8Array>): boolean => {
    if (this.failure !== undefined) return false
    this.writes.push(chunks.flatMap((chunk) => decode(this.reader, chunk)))
    this.chunks.push(...chunks)
    this.queue.push(...chunks)
    this.move()
    return this.unflushedBytes() < this.highWaterMark
  }

  /** Until nothing is held. */
  readonly drained: Effect.Effect<void, TransportError> = Effect.callback<void, TransportError>((resume) => {
    if (this.failure !== undefined) return resume(Effect.fail(this.failure))
    if (this.queue.length === 0) return resume(Effect.void)
    this.waiters.add(resume)
    return Effect.sync(() => {
      this.waiters.delete(resume)
    })
  })
  readonly flushed = this.drained

  stall(): void {
    this.allowance = 0
  }

  resume(): void {
    this.admit(Number.POSITIVE_INFINITY)
  }

  admit(bytes: number): void {
    this.allowance = bytes
    this.move()
  }

  fail(error: TransportError): void {
    this.failure = error
  }

  /** What left so far, decoded. */
  received(): ReadonlyArray<Message> {
    return this.messages
  }

  private move(): void {
    while (this.allowance > 0 && this.queue.length > 0) {
      const [chunk, ...rest] = this.queue
      const passing = chunk!.subarray(0, this.allowance)
      this.messages.push(...decode(this.arrived, passing))
      this.allowance -= passing.length
      this.queue = passing.length < chunk!.length ? [chunk!.subarray(passing.length), ...rest] : rest
    }
    if (this.queue.length > 0) return
    for (const resume of this.waiters) {
      this.waiters.delete(resume)
      resume(Effect.void)
    }
  }
}

const serverEndpoint = () =>
  new Endpoint.Endpoint({
    role: "server",
    platform: Platform.pure,
    limits: { maxMessageBytes: 1e9, maxFrameBytes: 1e9, maxFragments: 1e9 },
    maskingKey: () => 0
  })

/** Messages as they are, a Close as a text. */
const decode = (endpoint: Endpoint.Endpoint, chunk: Uint8Array): Array<Message> => {
  const messages: Array<Message> = []
  const known = endpoint.closeReceived
  endpoint.receive(chunk.slice())
  endpoint.read(messages, { messages: 1e9, bytes: 1e9 })
  assert.isUndefined(endpoint.failure)
  const close = endpoint.closeReceived
  return close === known ? messages : [...messages, `Close ${close!.closeCode}`]
}
