/** The npm package `ws`, with events and, for backpressure, `bufferedAmount` and the callback of `send`. */
import { WebSocket } from "ws"
import type { Message } from "../Payloads.ts"
import { type Connection, FIBERS, HIGH_WATER_MARK, lost, type OpenOptions, type Peer, type SendMode } from "./Peer.ts"

export const peer: Peer = {
  open: (url, options) =>
    new Promise((resolve, reject) => {
      const socket = connect(url, options)
      socket.once("error", reject)
      socket.on("message", (data: Buffer, isBinary) => {
        const reply = options.sink.message(isBinary ? data : data.toString())
        if (reply !== undefined) socket.send(reply)
      })
      socket.once("open", () => {
        socket.off("error", reject).on("error", lost)
        resolve(connection(socket))
      })
    })
}

/** `ws` as this benchmark opens it, for the peers that are built on it too. */
export const connect = (url: string, options: Pick<OpenOptions, "deflate" | "ca">): WebSocket =>
  new WebSocket(url, { perMessageDeflate: options.deflate, ca: options.ca })

/** Resolves when what waits in the socket's buffer has been written. */
export const drained = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = () => {
      if (socket.readyState !== WebSocket.OPEN) reject(new Error("closed while sending"))
      else if (socket.bufferedAmount > HIGH_WATER_MARK / 2) setImmediate(settle)
      else resolve()
    }
    settle()
  })

const connection = (socket: WebSocket): Connection => ({
  send: (message) => socket.send(message),
  sendMany: (series, count, mode) => sendMany[mode](socket, series, count),
  close: () =>
    new Promise((resolve) => {
      socket.once("close", () => resolve())
      socket.close(1000)
    })
})

/** `ws` has no form for many messages at once, so a batch is the loop. */
const loop = async (socket: WebSocket, series: ReadonlyArray<Message>, count: number): Promise<void> => {
  for (let index = 0; index < count; index++) {
    const message = series[index % series.length]!
    if (socket.bufferedAmount < HIGH_WATER_MARK) socket.send(message)
    else await written(socket, message)
  }
}

const written = (socket: WebSocket, message: Message): Promise<void> =>
  new Promise((resolve, reject) => socket.send(message, (error) => (error ? reject(error) : resolve())))

const sendMany: Record<SendMode, typeof loop> = {
  awaited: loop,
  batched: loop,
  fibers: async (socket, series, count) => {
    let next = 0
    const fiber = async () => {
      while (next < count) await written(socket, series[next++ % series.length]!)
    }
    await Promise.all(Array.from({ length: FIBERS }, fiber))
  }
}
