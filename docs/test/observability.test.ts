import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { Metrics } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as otlp from "../examples/observability/otlp.ts"
import * as prometheus from "../examples/observability/prometheus.ts"
import * as Blocks from "./Blocks.ts"
import { prints, serve } from "./Play.ts"

const page = Blocks.read("docs/observability.md")
const outputs = new Map(Blocks.of("docs/observability.md").map(({ file, output }) => [file, output]))

describe("docs/observability.md names every metric, with its type, unit and meaning", () => {
  const rows = [...page.matchAll(/^\| `(websocket_\w+)` +\| (\w+) +\| (\w*) +\| (.+?) +\|$/gm)]
  const told = new Map(rows.map(([, name, ...facts]) => [name, facts]))
  const metrics = Object.values(Metrics)
  for (const { attributes, description, id, type } of metrics) {
    it(id, () =>
      assert.deepStrictEqual(told.get(id), [
        type.toLowerCase(),
        attributes?.unit ?? "",
        description!.replaceAll("|", "")
      ])
    )
  }

  it("and no other", () => assert.strictEqual(told.size, metrics.length))
})

/** A collector that keeps what is posted to it, by path. */
const collector = Effect.gen(function* () {
  const posted = new Map<string, string>()
  const layer = NodeHttpServer.layerServer(createServer, { port: 0, host: "127.0.0.1" })
  const server = Context.get(yield* Layer.build(layer), HttpServer.HttpServer)
  yield* server.serve(
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      posted.set(request.url, (posted.get(request.url) ?? "") + (yield* request.text))
      return HttpServerResponse.jsonUnsafe({})
    })
  )
  return { url: HttpServer.formatAddress(server.address), posted }
})

describe("docs/observability.md: each example does what the page says", () => {
  it.effect("Prometheus", () =>
    prints(prometheus, outputs.get("examples/observability/prometheus.ts"), (network) =>
      serve(network, () => Effect.void)
    ).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.live("OTLP: spans, metrics and logs reach a collector", () =>
    Effect.gen(function* () {
      const { posted, url: collectorUrl } = yield* collector
      const { url } = yield* Server.serve(ServerPeer.echo)
      yield* otlp.program(url, collectorUrl)
      const traces = posted.get("/v1/traces") ?? ""
      for (const name of ["talk", "WebSocket.connect", "WebSocket.close", "websocket.close_code"]) {
        assert.include(traces, `"${name}"`)
      }
      const metrics = posted.get("/v1/metrics") ?? ""
      for (const { id } of [Metrics.messagesSent, Metrics.bytesReceived, Metrics.handshakeSeconds]) {
        assert.include(metrics, `"${id}"`)
      }
      const connection = /"websocket\.connection","value":\{"stringValue":"([0-9a-f]{8})"/
      const [, traced] = traces.match(connection)!
      const [, logged] = posted.get("/v1/logs")!.match(connection)!
      assert.strictEqual(logged, traced)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})
