/**
 * A server that is killed while it works: a process of its own, with the `ws` package. Each message is told on standard
 * output, `client number`, before it is acknowledged, and acknowledgements come late, so that there is always something
 * on its way. It remembers nothing: what it knew dies with it.
 */
import { writeSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"

/** At once, and not when the event loop has time: what was acknowledged must have been told. A full pipe takes a part. */
const tell = (line: string): void => {
  let rest: Uint8Array = new TextEncoder().encode(`${line}\n`)
  while (rest.length > 0) rest = rest.subarray(written(rest))
}

const written = (bytes: Uint8Array): number => {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0
    throw error
  }
}

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]) })

server.on("listening", () => tell(`listening ${(server.address() as AddressInfo).port}`))

server.on("connection", (peer, request) => {
  const client = new URL(request.url!, "ws://127.0.0.1").searchParams.get("client")
  let last = 0
  let acknowledged = 0
  const acknowledge = () => {
    if (acknowledged < last) peer.send(JSON.stringify({ ack: last }))
    acknowledged = last
  }
  const acknowledging = setInterval(acknowledge, 5)
  peer.on("message", (data) => {
    last = JSON.parse(String(data)).n
    tell(`${client} ${last}`)
  })
  peer.on("close", () => clearInterval(acknowledging))
})
