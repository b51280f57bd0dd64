/**
 * The floor: no WebSocket client at all. Reads and throws away, or writes, the bytes that the clients have to read or write,
 * over `node:net` or `node:tls`. It counts bytes, and learns from the server how many make a unit.
 */
import { randomBytes } from "node:crypto"
import { connect as connectTcp, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import * as Frames from "../Frames.ts"
import type { Message } from "../Payloads.ts"
import { type Connection, lost, type OpenOptions, type Peer } from "./Peer.ts"

export const peer: Peer = {
  open: (url, options) =>
    new Promise((resolve, reject) => {
      const { hostname, port, pathname, search, protocol, host } = new URL(url)
      let unitBytes = 0
      let head = ""
      let received = 0

      const onChunk = (bytes: Uint8Array) => {
        received += bytes.length
        const replies: Array<Message> = []
        for (; received >= unitBytes; received -= unitBytes) {
          const reply = options.sink.unit()
          if (reply !== undefined) replies.push(reply)
        }
        if (replies.length > 0) socket.write(Buffer.concat(replies.map(framed)))
      }
      const onRead = (bytes: Uint8Array) => {
        if (unitBytes > 0) return onChunk(bytes)
        head += Buffer.from(bytes).toString("latin1")
        if (!head.endsWith("\r\n\r\n")) return
        unitBytes = Number(/^Unit-Bytes: (\d+)/m.exec(head)?.[1] ?? 0)
        if (!head.startsWith("HTTP/1.1 101") || unitBytes === 0) return reject(new Error(`refused: ${head}`))
        socket.off("error", reject).on("error", lost)
        resolve(connection(socket, options, pathname === "/send"))
      }

      const buffer = Buffer.allocUnsafe(256 * 1024)
      const callback = (length: number) => {
        onRead(buffer.subarray(0, length))
        return true
      }
      const onread = { buffer, callback }
      const target = { host: hostname, port: Number(port) }
      const secure = protocol === "wss:"
      const socket: Socket = secure ? connectTls({ ...target, ca: options.ca }) : connectTcp({ ...target, onread })
      if (secure) socket.on("data", onRead)
      else socket.resume()
      socket.setNoDelay(true)
      socket.on("error", reject)
      socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
          `${options.deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""}\r\n`
      )
    })
}

/** An arm sends back the same message again and again. */
const framed = (message: Message): Uint8Array => {
  if (message !== last.message) last = { message, frame: Frames.single(message, "client") }
  return last.frame
}

let last: { readonly message: Message; readonly frame: Uint8Array } = { message: "", frame: new Uint8Array(0) }

const connection = (socket: Socket, options: OpenOptions, sends: boolean): Connection => {
  const unit = sends ? Frames.unit(options.wire, "client") : new Uint8Array(0)
  return {
    send: (message) => {
      socket.write(Frames.single(message, "client"))
    },
    sendMany: async (_series, count) => {
      for (let sent = 0; sent < count; sent += options.wire.unit) {
        if (!socket.write(unit)) await new Promise((resolve) => socket.once("drain", resolve))
      }
    },
    close: () =>
      new Promise((resolve) => {
        socket.once("close", () => resolve())
        socket.end(Frames.close("client"))
      })
  }
}
