/**
 * A socket without a WebSocket client: sends the request of the opening handshake, and counts the bytes that come after the
 * answer. It learns from the server how many make a unit.
 */
import { randomBytes } from "node:crypto"
import { connect as connectTcp, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import * as Frames from "../Frames.ts"
import type { Message } from "../Payloads.ts"
import { lost, type OpenOptions } from "./Peer.ts"

export interface Listener {
  /** The server has accepted. */
  readonly opened: () => void
  /** It has not, or could not be reached. */
  readonly refused: (error: Error) => void
  /** Bytes that came after the answer, until it returns: the next read may overwrite them. */
  readonly arrived: (bytes: Uint8Array) => void
}

export class Bare {
  readonly socket: Socket
  readonly pathname: string
  private readonly options: OpenOptions
  private readonly listener: Listener
  private head = ""
  /** Known once it is open. */
  private unitBytes = 0
  private received = 0

  /** Plain TCP is read into `buffer`. */
  constructor(url: string, options: OpenOptions, buffer: Uint8Array, listener: Listener) {
    const { hostname, port, pathname, search, protocol, host } = new URL(url)
    this.pathname = pathname
    this.options = options
    this.listener = listener
    const callback = (length: number) => {
      this.read(buffer.subarray(0, length))
      return true
    }
    const target = { host: hostname, port: Number(port) }
    const secure = protocol === "wss:"
    const onread = { buffer, callback }
    this.socket = secure ? connectTls({ ...target, ca: options.ca }) : connectTcp({ ...target, onread })
    if (secure) this.socket.on("data", (bytes: Uint8Array) => this.read(bytes))
    else this.socket.resume()
    this.socket.setNoDelay(true)
    this.socket.on("error", (error) => (this.unitBytes > 0 ? lost(error) : listener.refused(error)))
    this.socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
        `${options.deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""}\r\n`
    )
  }

  private read(bytes: Uint8Array): void {
    if (this.unitBytes > 0) return this.listener.arrived(bytes)
    this.head += Buffer.from(bytes).toString("latin1")
    if (!this.head.endsWith("\r\n\r\n")) return
    this.unitBytes = Number(/^Unit-Bytes: (\d+)/m.exec(this.head)?.[1] ?? 0)
    if (this.head.startsWith("HTTP/1.1 101") && this.unitBytes > 0) return this.listener.opened()
    this.listener.refused(new Error(`refused: ${this.head}`))
  }

  /** Counts what has arrived, and answers each unit that is complete. */
  count(bytes: Uint8Array): void {
    this.received += bytes.length
    const replies: Array<Message> = []
    for (; this.received >= this.unitBytes; this.received -= this.unitBytes) {
      const reply = this.options.sink.unit()
      if (reply !== undefined) replies.push(reply)
    }
    if (replies.length > 0) this.socket.write(Buffer.concat(replies.map(framed)))
  }

  send(message: Message): void {
    this.socket.write(Frames.single(message, "client"))
  }

  /** Says goodbye. Calls back once the socket has closed. */
  close(onClosed: () => void): void {
    this.socket.once("close", onClosed)
    this.socket.end(Frames.close("client"))
  }
}

/** An arm sends back the same message again and again. */
const framed = (message: Message): Uint8Array => {
  if (message !== last.message) last = { message, frame: Frames.single(message, "client") }
  return last.frame
}

let last: { readonly message: Message; readonly frame: Uint8Array } = { message: "", frame: new Uint8Array(0) }
