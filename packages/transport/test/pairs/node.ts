/** The other end as a Node socket, moved by hand: a server of one test, on a port of its own. */
import type * as Net from "node:net"
import type { Duplex } from "node:stream"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import type { Other } from "./Pair.ts"

/** Listens on a free port of 127.0.0.1, or on a path, while the scope is open, and gives the sockets that come in. */
export const listen = Effect.fnUntraced(function* (server: Net.Server | Tls.Server, path?: string) {
  const sockets = new Set<Duplex>()
  const waiting: Array<(socket: Duplex) => void> = []
  const unclaimed: Array<Duplex> = []
  const isTls = server instanceof Tls.Server
  server.on("connection", (socket: Net.Socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
  })
  server.on(isTls ? "secureConnection" : "connection", (socket: Net.Socket) => {
    socket.on("error", () => {})
    const claim = waiting.shift()
    if (claim === undefined) unclaimed.push(socket)
    else claim(socket)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      const listening = () => resume(Effect.void)
      if (path === undefined) server.listen(0, "127.0.0.1", listening)
      else server.listen(path, listening)
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
  return {
    port: path === undefined ? (server.address() as Net.AddressInfo).port : 1,
    accept: Effect.callback<Duplex>((resume) => {
      const socket = unclaimed.shift()
      if (socket !== undefined) resume(Effect.succeed(socket))
      else waiting.push((socket) => resume(Effect.succeed(socket)))
    })
  }
})

/** Moves a socket of the server. It reads nothing that it was not told to. */
export const other = (socket: Duplex): Other => {
  const received: Array<Uint8Array> = []
  let receivedBytes = 0
  let allowance = Number.POSITIVE_INFINITY
  const waiting = new Set<() => void>()
  const change = () => {
    while (allowance > 0) {
      const chunk: Uint8Array | null = socket.read()
      if (chunk === null) break
      received.push(chunk)
      receivedBytes += chunk.length
      allowance -= chunk.length
    }
    for (const look of [...waiting]) look()
  }
  for (const event of ["readable", "end", "close"]) socket.on(event, change)

  const until = (isTrue: () => boolean) =>
    Effect.callback<void>((resume) => {
      const look = () => {
        if (!isTrue()) return
        waiting.delete(look)
        resume(Effect.void)
      }
      waiting.add(look)
      look()
      return Effect.sync(() => waiting.delete(look))
    })
  const allow = (bytes: number) => {
    allowance = bytes
    change()
  }
  return {
    send: (bytes) =>
      Effect.callback((resume) => {
        socket.write(bytes, () => resume(Effect.void))
      }),
    end: Effect.sync(() => socket.end()),
    reset: Effect.sync(() => reset(socket)),
    stall: Effect.sync(() => allow(0)),
    admit: (bytes) =>
      Effect.andThen(
        Effect.sync(() => allow(bytes)),
        until(() => allowance <= 0)
      ),
    resume: Effect.sync(() => allow(Number.POSITIVE_INFINITY)),
    received: (length) =>
      Effect.map(
        until(() => receivedBytes >= length),
        () => new Uint8Array(Buffer.concat(received))
      ),
    ended: until(() => socket.readableEnded),
    closed: until(() => socket.closed || socket.readableEnded)
  }
}

/**
 * With a RST. Below TLS, the TCP socket is only told how to close: `accept` resumes inside the TLS engine, which
 * crashes when the socket under it goes first.
 */
const reset = (socket: Duplex) => {
  if (!(socket instanceof Tls.TLSSocket)) return (socket as Net.Socket).resetAndDestroy()
  Object.assign((socket as unknown as { readonly _parent: object })._parent, { resetAndClosing: true })
  return socket.destroy()
}
