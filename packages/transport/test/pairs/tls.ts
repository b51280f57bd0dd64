import * as Tls from "node:tls"
import { TlsOptions, Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { listen, other } from "./node.ts"
import type { Kind } from "./Pair.ts"

/** TLS over whatever the layer connects with. */
export const tls = (name: string, layer: Layer.Layer<Transport>): Kind => ({
  name,
  open: Effect.fnUntraced(function* (scope) {
    const { cert, key } = Certificate.make({ names: ["localhost", "127.0.0.1"] })
    const server = yield* listen(Tls.createServer({ allowHalfOpen: true, cert, key }))
    const transport = yield* Transport
    const target = {
      host: "127.0.0.1",
      port: server.port,
      tls: TlsOptions.make({ ca: cert }),
      report: () => {}
    }
    const stream = yield* Scope.provide(transport.open(target), scope)
    return { stream, other: other(yield* server.accept) }
  }, Effect.provide(layer))
})
