/**
 * A server of real sockets for tests and demonstrations: TCP or TLS on a port of 127.0.0.1 or on a unix socket, whose
 * connections are moved by hand. What is said on them is the caller's business.
 */
import { Buffer } from "node:buffer"
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type * as Scope from "effect/Scope"
import { NodeDuplex } from "../internal/NodeDuplex.ts"
import { brokenReason } from "../internal/NodeError.ts"
import { Waiters } from "../internal/Waiters.ts"

/** Where it listens, and whether it speaks TLS. */
export interface Options {
  /** Speaks TLS with this certificate, both PEM; whatever else Node's TLS server takes goes along. Default: plain TCP. */
  readonly tls?: (Tls.TlsOptions & { readonly cert: string; readonly key: string }) | undefined
  /** The port of 127.0.0.1, on which nothing may listen: for a person who types it. Default: one that is free. */
  readonly port?: number | undefined
  /** Where to make a unix socket, on which nothing may be. Default: a port. */
  readonly socketPath?: string | undefined
}

/** A port that listens, and who connects to it. */
export interface Listener {
  /** 0 on a unix socket. */
  readonly port: number
  /**
   * The next connection, its TLS handshake done, as soon as there is one. It lives until the listener's scope closes. From then
   * on `accept` dies, also for those who wait already.
   */
  readonly accept: Effect.Effect<Accepted>
}

/** The server's end of a connection. Nothing is read while nobody takes, beyond the 64 KiB that Node buffers. */
export interface Accepted {
  /** All that the client wrote since the last `take`, as soon as there is something; Done when no more will come. */
  readonly take: Pull<Uint8Array>
  /** Sends bytes, which must not change after that. Never pushes back. */
  readonly send: (bytes: Uint8Array) => void
  /** Ends this side of the stream after what was sent. */
  readonly end: () => void
  /** Ends this side, waits until all was written, and throws away what comes until the client ends its own. */
  readonly leave: Effect.Effect<void>
  /** Breaks the connection with a TCP reset. */
  readonly reset: () => void
  /** Destroys the connection, with what is unsent and unread. */
  readonly destroy: () => void
}

/** Listens while the scope is open. Closing it destroys every connection. */
export const make: (options?: Options) => Effect.Effect<Listener, never, Scope.Scope> = Effect.fnUntraced(function* (
  options = {}
) {
  const waiting: Array<Accepted> = []
  const waiters = new Waiters()
  let isClosed = false
  const { server } = yield* Effect.acquireRelease(
    start(options, (socket) => {
      waiting.push(accepted(socket))
      waiters.wake()
    }),
    ({ stop }) => {
      isClosed = true
      waiters.wake()
      return stop
    }
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const accept = waiters.until(() => {
    if (isClosed) return Effect.die(new Error("The scope of this listener is closed: nobody can connect to it"))
    const next = waiting.shift()
    return next && Effect.succeed(next)
  })
  return { port, accept }
})

const start = ({ port = 0, socketPath, tls }: Options, onConnection: (socket: Net.Socket) => void) =>
  Effect.callback<{ readonly server: Net.Server; readonly stop: Effect.Effect<void> }>((resume) => {
    const server = tls === undefined ? Net.createServer(socketOptions) : Tls.createServer({ ...socketOptions, ...tls })
    const sockets = new Set<Net.Socket>()
    server.on("connection", (socket: Net.Socket) => {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
      // Whoever takes learns of it; a client that fails the TLS handshake has nobody who would.
      socket.on("error", () => {})
    })
    server.on(tls === undefined ? "connection" : "secureConnection", onConnection)
    const stop = Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
    server.on("error", (error) => resume(Effect.die(error)))
    server.maxConnections = maxConnections
    server.listen(socketPath === undefined ? { port, host: "127.0.0.1" } : { path: socketPath }, () =>
      resume(Effect.succeed({ server, stop }))
    )
  })

const accepted = (socket: Net.Socket): Accepted => {
  const stream = new NodeDuplex({
    create: () => socket,
    ready: "connect",
    reason: brokenReason
  })
  const take = Effect.matchEffect(stream.pull, {
    onSuccess: (chunks) => Effect.succeed(new Uint8Array(Buffer.concat(chunks))),
    onFailure: () => Cause.done()
  })
  const discard = Effect.ignore(Effect.forever(stream.pull, { disableYield: true }))
  return {
    take,
    send: (bytes) => {
      if (bytes.length > 0) stream.writeUnsafe([bytes])
    },
    end: () => socket.end(),
    leave: Effect.andThen(Effect.ignore(stream.shutdown), discard),
    reset: () => reset(socket),
    destroy: () => stream.destroy()
  }
}

/**
 * Below TLS, the TCP socket is only told how to close: `accept` resumes inside the TLS engine, which crashes when the
 * socket under it goes first.
 */
const reset = (socket: Net.Socket) => {
  if (!(socket instanceof Tls.TLSSocket)) return socket.resetAndDestroy()
  Object.assign((socket as unknown as { readonly _parent: object })._parent, { resetAndClosing: true })
  return socket.destroy()
}

const socketOptions: Net.ServerOpts = { allowHalfOpen: true, noDelay: true }

/** Further ones are dropped, so that forgotten connections cannot pile up. */
const maxConnections = 4096
