/**
 * The runtime's own `WebSocket`: undici's in Node, and whatever Bun and Deno have. Its interface has no backpressure but
 * `bufferedAmount`, so the loops look at it after every message and wait for a turn of the event loop when it is high.
 */
import type { Message } from "../Payloads.ts"
import { type Connection, FIBERS, HIGH_WATER_MARK, lost, type Peer, type SendMode } from "./Peer.ts"

export const peer: Peer = {
  open: (url, options) =>
    new Promise((resolve, reject) => {
      // Bun and Deno take options where browsers take subprotocols; Node trusts NODE_EXTRA_CA_CERTS, set by the harness.
      const extras = "Bun" in globalThis ? { perMessageDeflate: options.deflate, tls: { ca: options.ca } } : undefined
      const socket = new WebSocket(url, extras as never)
      socket.binaryType = "arraybuffer"
      socket.onerror = () => reject(new Error(`cannot connect to ${url}`))
      socket.onmessage = ({ data }) => {
        const reply = options.sink.message(typeof data === "string" ? data : new Uint8Array(data))
        if (reply !== undefined) socket.send(reply)
      }
      socket.onopen = () => {
        socket.onclose = ({ code }) => lost(`closed with ${code}`)
        resolve(connection(socket))
      }
    })
}

const connection = (socket: WebSocket): Connection => ({
  send: (message) => socket.send(message),
  sendMany: (series, count, mode) => sendMany[mode](socket, series, count),
  close: () =>
    new Promise((resolve) => {
      socket.onclose = () => resolve()
      socket.close(1000)
    })
})

const loop = async (socket: WebSocket, series: ReadonlyArray<Message>, count: number): Promise<void> => {
  for (let index = 0; index < count; index++) {
    socket.send(series[index % series.length]!)
    if (socket.bufferedAmount > HIGH_WATER_MARK) await drained(socket)
  }
}

const drained = async (socket: WebSocket): Promise<void> => {
  while (socket.bufferedAmount > HIGH_WATER_MARK / 2) {
    if (socket.readyState !== WebSocket.OPEN) throw new Error("closed while sending")
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const sendMany: Record<SendMode, typeof loop> = {
  awaited: loop,
  batched: loop,
  fibers: async (socket, series, count) => {
    let next = 0
    const fiber = async () => {
      while (next < count) {
        socket.send(series[next++ % series.length]!)
        if (socket.bufferedAmount > HIGH_WATER_MARK / FIBERS) await drained(socket)
        else await undefined
      }
    }
    await Promise.all(Array.from({ length: FIBERS }, fiber))
  }
}
