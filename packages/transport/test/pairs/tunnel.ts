import * as Net from "node:net"
import type { Duplex } from "node:stream"
import * as Tls from "node:tls"
import { ProxyOptions, Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { listen, other } from "./node.ts"
import type { Kind } from "./Pair.ts"

/** A tunnel through an HTTP proxy, over TCP or TLS; the other end plays the proxy, then what is behind it. */
export const tunnel = (name: string, carriesTls: boolean): Kind => ({
  name,
  open: Effect.fnUntraced(function* (scope) {
    const { cert, key } = Certificate.make({ names: ["127.0.0.1"] })
    const server = yield* listen(
      carriesTls ? Tls.createServer({ allowHalfOpen: true, cert, key }) : Net.createServer({ allowHalfOpen: true })
    )
    const url = `${carriesTls ? "https" : "http"}://127.0.0.1:${server.port}`
    const proxy = Schema.decodeSync(ProxyOptions)({ url, tls: { ca: cert } })
    const opening = yield* Transport.use((transport) =>
      transport.open({ host: "ws.test", port: 80, proxy, report: () => {} })
    ).pipe(Scope.provide(scope), Effect.forkChild)
    const socket = yield* server.accept
    yield* Effect.callback<void>((resume) => answer(socket, () => resume(Effect.void)))
    return { stream: yield* Fiber.join(opening), other: other(socket) }
  }, Effect.provide(Transport.layer))
})

/** Reads the request, whose end is an empty line, and says that the tunnel stands. */
const answer = (socket: Duplex, done: () => void) => {
  let request = ""
  socket.on("readable", function read() {
    for (let chunk = socket.read(1); chunk !== null && !request.endsWith("\r\n\r\n"); chunk = socket.read(1)) {
      request += chunk
      if (!request.endsWith("\r\n\r\n")) continue
      socket.off("readable", read)
      socket.write("HTTP/1.1 200 OK\r\n\r\n", done)
      return
    }
  })
}
