/**
 * The service that opens byte streams. A program provides it as a layer; a test provides the in-memory one of `./testing`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { ByteStream } from "./ByteStream.ts"
import { during } from "./DialStep.ts"
import * as EffectSocket from "./internal/EffectSocket.ts"
import * as GivenDuplex from "./internal/GivenDuplex.ts"
import { type Connect, direct, type Hop } from "./internal/Hop.ts"
import * as Naming from "./internal/proxy/Naming.ts"
import * as Route from "./internal/proxy/Route.ts"
import * as Tcp from "./internal/Tcp.ts"
import * as Tls from "./internal/Tls.ts"
import * as UnixSocket from "./internal/UnixSocket.ts"
import { authorityOf, type Target } from "./Target.ts"
import type { TransportError } from "./TransportError.ts"

/**
 * A dial: connects, then adds each hop over the one below. Everything that can fail without the network is prepared first, so
 * that it fails before anything is dialled.
 */
const dial =
  (prepareTls: Tls.Prepare, connect: Connect) =>
  (target: Target): Effect.Effect<ByteStream, TransportError, Scope.Scope> =>
    Route.isPlain(target)
      ? connect(target, false)
      : Effect.flatMap(Route.prepare(target, prepareTls), ({ first, hops }) =>
          whole(hops.reduce(over, Naming.of(first.proxyUrl, connect(first, first.tls !== undefined))))
        )

const over = (below: ReturnType<Connect>, hop: Hop) => (hop === direct ? below : Effect.flatMap(below, hop))

const layerOf = (
  connect: (target: Target) => Effect.Effect<ByteStream, TransportError, Scope.Scope>
): Layer.Layer<Transport> =>
  withScope(Transport, () => {
    const prepareTls = Tls.make()
    return (target) => dial(prepareTls, ({ host, port }) => whole(connect({ ...target, host, port })))(target)
  })

/** `open` is made once for each layer. */
const withScope = (service: typeof Transport, open: () => (typeof Transport.Service)["open"]): Layer.Layer<Transport> =>
  Layer.effect(
    service,
    Effect.map(Effect.scope, (scope) => ({ open: open(), scope }))
  )

const connectSocket: Connect = (to, carriesTls) =>
  to.socketPath === undefined ? Tcp.connect(to, carriesTls) : UnixSocket.connect(to, carriesTls)

/** Opens byte streams. `Transport.layer` provides Node's sockets; a test provides `MemoryTransport`. */
export class Transport extends Context.Service<
  Transport,
  {
    /** Opens a connection that lives as long as the scope. Interrupting it destroys a half-open connection. */
    readonly open: (target: Target) => Effect.Effect<ByteStream, TransportError, Scope.Scope>
    /**
     * The scope of the layer. The fiber that all connections share runs in it. Optional: without it, that fiber runs in the
     * scope of a connection, and moves to another one whenever that ends, which costs more.
     */
    readonly scope?: Scope.Scope
  }
>()("@effect-websocket/transport/Transport") {
  /** Node's sockets: TCP to an address of the host (see `Resolver`), or a unix socket, with TLS if the target says so. */
  static readonly layer: Layer.Layer<Transport> = withScope(this, () => dial(Tls.make(), connectSocket))

  /**
   * The program's own byte streams instead of TCP: a tunnel, another protocol, a stream in memory. This library still adds TLS
   * and proxy tunnels on top. The function is called once per dial, with the host and port to connect to: the nearest proxy's,
   * if there is one. The stream lives in the scope of its connection.
   */
  static readonly layerStream = (
    streamOf: (target: Target) => Effect.Effect<ByteStream, TransportError, Scope.Scope>
  ): Layer.Layer<Transport> =>
    layerOf((target) => {
      return during(streamOf(target), { report: target.report, stage: "socket", detail: authorityOf(target) })
    })

  /**
   * A Node duplex that the program has opened itself, or a socket that is still connecting; this library still adds TLS on top.
   * The function is called once per dial and must return a fresh one each time. The duplex then belongs to the connection,
   * which destroys it with its scope, even if the dial fails: nothing else may read it, write to it or end it.
   *
   * Create a `net.Socket` with `allowHalfOpen: true`: otherwise it ends both sides as soon as the peer ends its own.
   */
  static readonly layerDuplex = (duplexOf: (target: Target) => GivenDuplex.Source): Layer.Layer<Transport> =>
    layerOf((target) => GivenDuplex.open(() => duplexOf(target), target))

  /**
   * Any `Socket` of effect/socket that carries bytes, instead of TCP; this library still adds TLS on top. The function is
   * called once per dial. Such a socket has no addresses, and decides itself how soon it closes after its scope.
   */
  static readonly layerSocket = (socketOf: (target: Target) => EffectSocket.Source): Layer.Layer<Transport> =>
    layerOf((target) => EffectSocket.open(socketOf(target), target))
}

/** Releases at once what a dial has acquired if it fails or is interrupted, without waiting for the end of the scope. */
const whole = <A>(dial: Effect.Effect<A, TransportError, Scope.Scope>): Effect.Effect<A, TransportError, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<Scope.Scope>) => {
    const scope = Scope.forkUnsafe(Context.get(context, Scope.Scope))
    return Effect.onError(Scope.provide(dial, scope), (cause) => Scope.close(scope, Exit.failCause(cause)))
  })
