import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Tls from "node:tls"
import { TlsOptions, Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { listen, other } from "./node.ts"
import type { Kind } from "./Pair.ts"

/** Unix sockets, plain or under TLS. */
export const unix = (name: string, secure: boolean): Kind => ({
  name,
  resets: false,
  open: Effect.fnUntraced(function* (scope) {
    const socketPath = yield* freePath
    const { cert, key } = Certificate.make({ names: ["localhost"] })
    const options = { allowHalfOpen: true, cert, key }
    const server = yield* listen(secure ? Tls.createServer(options) : Net.createServer(options), socketPath)
    const transport = yield* Transport
    const target = {
      host: "localhost",
      port: server.port,
      socketPath,
      ...(secure && { tls: TlsOptions.make({ ca: cert }) }),
      report: () => {}
    }
    const stream = yield* Scope.provide(transport.open(target), scope)
    return { stream, other: other(yield* server.accept) }
  }, Effect.provide(Transport.layer))
})

/** A path on which nothing is, in a folder that is gone with the scope. */
export const freePath = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "effect-websocket-"))),
    (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true }))
  ),
  (folder) => Path.join(folder, "socket")
)
