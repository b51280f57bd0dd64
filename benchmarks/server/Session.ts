/**
 * One accepted connection: the opening handshake, then what its mode asks for.
 *
 *     receive   every message from the client is answered with one unit of ready-made frames
 *     send      messages are counted; each full unit is acknowledged with a short text
 *     echo      every message goes back as it came
 *     idle      nothing happens
 *
 * Pings get their pong and a Close its answer in every mode. `Check` decides whether what arrived is what was sent.
 */
import type { Socket } from "node:net"
import * as Frames from "../Frames.ts"
import * as Check from "./Check.ts"
import { FrameReader } from "./FrameReader.ts"
import * as Opening from "./Opening.ts"
import type { Usage } from "./Usage.ts"

export const accept = (socket: Socket, usage: Usage): void => {
  let head = ""
  const onHead = (chunk: Buffer) => {
    head += chunk.toString("latin1")
    const end = head.indexOf("\r\n\r\n")
    if (end < 0) return
    socket.off("data", onHead)
    const request = Opening.parse(head.slice(0, end))
    if (typeof request === "string") {
      socket.end(Opening.refused(request))
      return
    }
    const leftover = Buffer.from(head.slice(end + 4), "latin1")
    start(socket, request, leftover, usage)
  }
  socket.setNoDelay(true)
  socket.on("data", onHead)
  // A client that leaves without a closing handshake is its own affair: what it sent has been counted.
  socket.on("error", () => socket.destroy())
}

const start = (socket: Socket, request: Opening.Request, leftover: Buffer, usage: Usage): void => {
  const { mode, wire } = request
  const answer = answers[mode](wire)
  const reader = new FrameReader(mode === "echo", mode === "send" ? Check.watch(wire, usage) : nothing)
  let units = 0
  let acknowledged = 0

  const pump = () => {
    while (units > 0 && !socket.writableNeedDrain && !socket.destroyed) {
      units -= 1
      usage.messagesOut += wire.unit
      socket.write(answer)
    }
  }

  const onData = (chunk: Uint8Array) => {
    const { messages, payloadBytes, compressed } = reader
    reader.read(chunk)
    const arrived = reader.messages - messages
    usage.messagesIn += arrived
    usage.payloadBytesIn += reader.payloadBytes - payloadBytes
    usage.compressedIn += reader.compressed - compressed
    if (reader.problem !== undefined) usage.problem(reader.problem)

    const output = reader.takeOutput()
    if (output !== undefined) socket.write(output)
    if (mode === "receive") {
      units += arrived
      pump()
    } else if (mode === "send") {
      for (; acknowledged + wire.unit <= reader.messages; acknowledged += wire.unit) socket.write(answer)
    }
    if (reader.closed) socket.end()
  }

  usage.connections += 1
  socket.on("drain", pump)
  socket.write(Opening.accepted(request, answer.length))
  if (leftover.length > 0) onData(leftover)
  socket.on("data", onData)
}

/** What one unit is answered with. */
const answers: Record<Opening.Request["mode"], (wire: Frames.Wire) => Uint8Array> = {
  receive: (wire) => {
    const key = JSON.stringify(wire)
    if (lastUnit.key !== key) lastUnit = { key, bytes: Frames.unit(wire, "server") }
    return lastUnit.bytes
  },
  send: () => Frames.single("unit", "server"),
  echo: (wire) => Frames.single("x".repeat(wire.size), "server"),
  idle: () => Frames.single("", "server")
}

/** All arms of a row ask for the same unit, one after the other, so remembering one is enough. */
let lastUnit = { key: "", bytes: new Uint8Array(0) as Uint8Array }

const nothing = { first: Number.POSITIVE_INFINITY, take: () => Number.POSITIVE_INFINITY }
