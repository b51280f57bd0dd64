import * as Net from "node:net"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { listen, other } from "./node.ts"
import type { Kind } from "./Pair.ts"

/** Plain TCP, by our own sockets or by those of another layer. */
export const tcp = (name: string, layer: Layer.Layer<Transport>): Kind => ({
  name,
  open: Effect.fnUntraced(function* (scope) {
    const server = yield* listen(Net.createServer({ allowHalfOpen: true }))
    const transport = yield* Transport
    const target = { host: "127.0.0.1", port: server.port, report: () => {} }
    const stream = yield* Scope.provide(transport.open(target), scope)
    return { stream, other: other(yield* server.accept) }
  }, Effect.provide(layer))
})

/** Sockets that the program has opened itself. */
export const duplex = Transport.layerDuplex(({ host, port }) => Net.connect({ host, port, allowHalfOpen: true }))

/** Effect's own sockets, as a program would plug them in. */
export const effectSocket = Transport.layerSocket(({ host, port }) =>
  NodeSocket.makeNet({ host, port, allowHalfOpen: true })
)
