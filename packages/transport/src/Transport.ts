/**
 * The service that opens byte streams. A program gets one by providing a layer; a test provides the in-memory one of
 * `./testing`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ByteStream } from "./ByteStream.ts"
import type { Report } from "./DialStep.ts"
import * as Tcp from "./Tcp.ts"
import type { TlsOptions } from "./TlsOptions.ts"
import type { TransportError } from "./TransportError.ts"

/** Where to connect. */
export interface Target {
  /** A host name or an IP literal, IPv6 without brackets. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** How to secure the connection; undefined for plain TCP. */
  readonly tls?: TlsOptions | undefined
  /** Called synchronously when a stage starts and when it ends. Must not throw. */
  readonly report: Report
}

export class Transport extends Context.Service<
  Transport,
  {
    /** Opens a connection that lives as long as the scope. Interrupting it destroys what was half open. */
    readonly open: (target: Target) => Effect.Effect<ByteStream, TransportError, Scope.Scope>
  }
>()("@effect-websocket/transport/Transport") {
  /** Node's sockets: looks the host up, connects over TCP, and secures the connection when the target says so. */
  static readonly layer: Layer.Layer<Transport> = Layer.succeed(this, {
    open: (target) => Tcp.resolve(target).pipe(Effect.flatMap((addresses) => Tcp.connect(target, addresses)))
  })
}
