/**
 * A network in memory: the layer goes to the program under test, the rest stays with the test, which answers each
 * dial and then moves the peer by hand. Deterministic under `TestClock`.
 *
 * A dial to a target with `tls` is answered like any other: no handshake is played, but `info.tls` tells of one.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type { ConnectionInfo, TlsInfo } from "../ByteStream.ts"
import { during } from "../DialStep.ts"
import { authorityOf, type Target } from "../Target.ts"
import { Transport } from "../Transport.ts"
import { TransportError, type TransportReason } from "../TransportError.ts"
import * as MemoryConnection from "./MemoryConnection.ts"

/** A client that waits for its connection. The first answer counts; who accepts after it gets a peer that is destroyed. */
export interface Dial {
  readonly target: Target
  /** Connects the client and gives the other end. `info` replaces parts of what the client is told. */
  readonly accept: (info?: Partial<ConnectionInfo>) => MemoryConnection.Peer
  /** Fails the client's `open`. */
  readonly refuse: (error: TransportError | TransportReason) => void
  /** Succeeds when the client stopped waiting before there was an answer. */
  readonly abandoned: Effect.Effect<void>
}

/** A network in memory: `layer` for the program, the rest for the test. */
export interface MemoryTransport {
  /** For the program under test. */
  readonly layer: Layer.Layer<Transport>
  /** The next dial, as soon as there is one. A client waits until it is answered. */
  readonly dial: Effect.Effect<Dial>
  /** Accepts the next dial. */
  readonly accept: Effect.Effect<MemoryConnection.Peer>
  /** Refuses the next dial. */
  readonly refuse: (error: TransportError | TransportReason) => Effect.Effect<void>
}

/**
 * A network of its own. `highWaterMark`: the bytes that wait when `writeUnsafe` begins to answer false, 64 KiB. `flows`: true,
 * as a socket does; false: the streams have to be pulled, and shut down by a fiber. Either way a chunk that is released is
 * overwritten at once.
 */
export const make: (options?: Partial<MemoryConnection.Options>) => Effect.Effect<MemoryTransport> = Effect.fnUntraced(
  function* ({ flows = true, highWaterMark = defaultHighWaterMark } = {}) {
    const dials = yield* Queue.bounded<WaitingDial>(waitingDials)

    const open = Effect.fnUntraced(function* (target: Target) {
      const waiting = new WaitingDial(target, { highWaterMark, flows })
      yield* Queue.offer(dials, waiting)
      const connection = yield* Effect.acquireRelease(waiting.answered, ({ destroy }) => Effect.sync(destroy), {
        interruptible: true
      })
      return connection.stream
    })

    const dial: Effect.Effect<Dial> = Effect.flatMap(Queue.take(dials), (waiting) =>
      waiting.isAbandoned ? dial : Effect.succeed(waiting)
    )
    return {
      layer: Layer.succeed(Transport, {
        open: (target) => during(open(target), { report: target.report, stage: "socket", detail: authorityOf(target) })
      }),
      dial,
      accept: Effect.map(dial, ({ accept }) => accept()),
      refuse: (error) => Effect.map(dial, ({ refuse }) => refuse(error))
    }
  }
)

class WaitingDial implements Dial {
  readonly target: Target
  readonly #options: MemoryConnection.Options
  readonly #answer = Deferred.makeUnsafe<MemoryConnection.MemoryConnection, TransportError>()
  readonly #abandoned = Deferred.makeUnsafe<void>()

  constructor(target: Target, options: MemoryConnection.Options) {
    this.target = target
    this.#options = options
  }

  readonly answered = Effect.onInterrupt(Deferred.await(this.#answer), () =>
    Deferred.succeed(this.#abandoned, undefined)
  )
  readonly abandoned = Deferred.await(this.#abandoned)

  get isAbandoned(): boolean {
    return Deferred.isDoneUnsafe(this.#abandoned)
  }

  readonly accept: Dial["accept"] = (info) => {
    const told = { ...infoOf(this.target), ...info }
    const connection = MemoryConnection.make(this.target, told, this.#options)
    const isFirst = Deferred.doneUnsafe(this.#answer, Effect.succeed(connection))
    if (this.isAbandoned || !isFirst) connection.destroy()
    return connection.peer
  }

  readonly refuse: Dial["refuse"] = (error) => {
    const failure = error._tag === "TransportError" ? error : new TransportError({ reason: error })
    Deferred.doneUnsafe(this.#answer, Effect.fail(failure))
  }
}

const infoOf = (target: Target): ConnectionInfo => ({
  local: { address: "127.0.0.1", port: 49152 },
  remote: { address: "127.0.0.1", port: target.port },
  tls: target.tls === undefined ? undefined : tlsInfo
})

const tlsInfo: TlsInfo = {
  version: "TLSv1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  alpn: undefined,
  authorized: true,
  verifiedName: undefined,
  resumed: false,
  peerCertificate: undefined
}

const defaultHighWaterMark = 0x10000

/** Dials that wait for the test to look at them; further ones wait before that. */
const waitingDials = 64
