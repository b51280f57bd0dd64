/**
 * The floor: no WebSocket client at all. Reads and throws away, or writes, the bytes that the clients have to read or write,
 * over `node:net` or `node:tls`.
 */
import * as Frames from "../Frames.ts"
import { Bare } from "./Bare.ts"
import type { Connection, OpenOptions, Peer } from "./Peer.ts"

export const peer: Peer = {
  open: (url, options) =>
    new Promise((resolve, reject) => {
      const bare = new Bare(url, options, Buffer.allocUnsafe(256 * 1024), {
        opened: () => resolve(connection(bare, options)),
        refused: reject,
        arrived: (bytes) => bare.count(bytes)
      })
    })
}

const connection = (bare: Bare, options: OpenOptions): Connection => {
  const { pathname, socket } = bare
  const unit = pathname === "/send" ? Frames.unit(options.wire, "client") : new Uint8Array(0)
  return {
    send: (message) => bare.send(message),
    sendMany: async (_series, count) => {
      for (let sent = 0; sent < count; sent += options.wire.unit) {
        if (!socket.write(unit)) await new Promise((resolve) => socket.once("drain", resolve))
      }
    },
    close: () => new Promise((resolve) => bare.close(resolve))
  }
}
