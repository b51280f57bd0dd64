import * as Net from "node:net"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { listen, other } from "./node.ts"
import type { Kind } from "./Pair.ts"

export const tcp: Kind = {
  name: "TCP",
  open: Effect.fnUntraced(function* (scope) {
    const server = yield* listen(Net.createServer({ allowHalfOpen: true }))
    const transport = yield* Transport
    const stream = yield* Scope.provide(
      transport.open({ host: "127.0.0.1", port: server.port, report: () => {} }),
      scope
    )
    return { stream, other: other(yield* server.accept) }
  }, Effect.provide(Transport.layer))
}
