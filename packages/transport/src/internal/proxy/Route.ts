/**
 * The way to a target: what to connect to, and the hops from there. For each proxy these are TLS, if the proxy wants it, and
 * the tunnel to the next proxy or the target; the last one is TLS to the target. Which proxies to use is decided here, once for
 * each dial.
 */
import { HttpHead } from "@effect-websocket/core"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ProxyFailed, type ProxyProblem } from "../../ProxyFailed.ts"
import * as ProxyOptions from "../../ProxyOptions.ts"
import { authorityOf, type Target } from "../../Target.ts"
import { TransportError } from "../../TransportError.ts"
import type { Hop } from "../Hop.ts"
import type { Peer, Prepare } from "../Tls.ts"
import * as Environment from "./Environment.ts"
import { kinds } from "./Kinds.ts"
import * as NoProxy from "./NoProxy.ts"
import * as ProxyServer from "./ProxyServer.ts"
import { through } from "./Through.ts"

export interface Route {
  readonly first: Peer
  readonly hops: ReadonlyArray<Hop>
}

/** Everything that can fail without the network fails here. */
export const prepare = (target: Target, prepareTls: Prepare): Effect.Effect<Route, TransportError> =>
  isDirect(target)
    ? Effect.map(prepareTls(target), (secure) => ({ first: target, hops: [secure] }))
    : Effect.flatMap(serversOf(target), (servers) => prepareThrough(servers, target, prepareTls))

const prepareThrough = Effect.fnUntraced(function* (
  servers: ReadonlyArray<ProxyServer.ProxyServer>,
  target: Target,
  prepareTls: Prepare
): Effect.fn.Return<Route, TransportError> {
  const proxies = servers.map((server) => peerOf(server, target))
  const stations: Arr.NonEmptyReadonlyArray<Peer> = Arr.append(proxies, target)
  const secure = yield* Effect.forEach(stations, prepareTls)
  const tunnels = servers.map((server, i) => through({ server, hop: i + 1, to: stations[i + 1]! }))
  return { first: stations[0], hops: secure.flatMap((hop, i) => [hop, ...tunnels.slice(i, i + 1)]) }
})

/** Whether there is nothing to prepare: no proxy, and no TLS. */
export const isPlain = (target: Target): boolean => target.tls === undefined && isDirect(target)

/** Whether no proxy is asked for, or this target is exempt. */
const isDirect = (target: Target): boolean => {
  const { noProxy = [], proxy = "none", socketPath } = target
  const exempt = typeof noProxy === "string" ? NoProxy.split(noProxy) : noProxy
  return proxy === "none" || socketPath !== undefined || NoProxy.covers(exempt, target)
}

/** The proxy as a peer: it is connected to with the target's options. */
const peerOf = (server: ProxyServer.ProxyServer, target: Target): Peer => {
  const { host, port, scheme, tls } = server
  const { addresses, report, socket } = target
  const proxyUrl = ProxyServer.format(server)
  return { host, port, proxyUrl, addresses, report, socket, tls: kinds[scheme]!.isTls ? tls : undefined }
}

const serversOf = (target: Target): Effect.Effect<ReadonlyArray<ProxyServer.ProxyServer>, TransportError> =>
  Effect.map(
    Effect.forEach(ProxyOptions.list(target.proxy ?? "none"), (asked, i) => serverOf(target, asked, i + 1)),
    Arr.flatten
  )

const serverOf = Effect.fnUntraced(function* (
  target: Target,
  asked: ProxyOptions.Asked,
  hop: number
): Effect.fn.Return<ReadonlyArray<ProxyServer.ProxyServer>, TransportError> {
  const failed = (proxy: string, problem: ProxyProblem, detail: string) =>
    new TransportError({ reason: new ProxyFailed({ proxy, hop, to: authorityOf(target), problem, detail }) })
  const bad = (proxy: string, detail: string) => failed(proxy, "bad proxy", detail)
  const chosen =
    asked.url === "environment"
      ? yield* Effect.mapError(environment(target), ({ message }) =>
          failed("of the environment", "unreadable environment", message)
        )
      : { variable: "given", url: Redacted.value(asked.url) }
  if (chosen === undefined) return []
  const address = ProxyServer.parse(chosen.url)
  if (typeof address === "string") return yield* bad(chosen.variable, address)
  const headers = Object.entries(asked.headers).map(([name, value]) => [name, ProxyOptions.textOf(value)] as const)
  const { authorization } = kinds[address.scheme]!
  if (address.credentials && authorization && HttpHead.all(headers, authorization).length > 0) {
    return yield* bad(
      ProxyServer.format(address),
      `Its URL has credentials, and so has ${authorization}: give one of them`
    )
  }
  return [{ ...address, tls: asked.tls, headers }]
})

const environment = (target: Target) => {
  const { host, port, tls } = target
  const choose = (variables: Environment.Variables) =>
    Environment.choose(variables, { host, port, secure: tls !== undefined })
  return Effect.map(Environment.read, choose)
}
