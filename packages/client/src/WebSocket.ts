/**
 * The main entry point: opens a WebSocket as a scoped resource, or as a stream of its messages.
 */
import { type Assembler, Endpoint, type PerMessageDeflate } from "@effect-websocket/core"
import { NodePlatform, Span, Transport } from "@effect-websocket/transport"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ConnectError } from "./ConnectError.ts"
import type { Connection } from "./Connection.ts"
import { assemblyOf, type Delivered, type Delivery, type TextAs } from "./Delivery.ts"
import type { ReceiveError } from "./Errors.ts"
import * as CallSite from "./internal/CallSite.ts"
import { type Dialled, dial } from "./internal/Dial.ts"
import { Entropy } from "./internal/Entropy.ts"
import * as Moment from "./internal/Moment.ts"
import { linesOf, OpenConnection } from "./internal/OpenConnection.ts"
import { Place } from "./internal/Place.ts"
import { Session } from "./internal/Session.ts"
import * as Spans from "./internal/Spans.ts"
import type { ConnectOptions, Settings } from "./Options.ts"

export { schema } from "./TypedMessages.ts"

/**
 * Opens a connection that lives as long as the scope. Leaving the scope performs the closing handshake, with 1000 after
 * success, 1001 after interruption and 1011 after a failure. Nothing outlives the scope.
 *
 * `url` is a `ws:` or `wss:` URL without a fragment; its userinfo becomes Basic authentication. Everything up to the
 * accepted handshake happens within `deadlines.openTimeout` (10 s). Fails with a ConnectError whose reason says why and
 * whose steps say what was tried.
 */
export const connect = <R = never, D extends Delivery = "messages", T extends TextAs = "string">(
  url: string | URL,
  options: ConnectOptions<R, D, T> = {}
): Effect.Effect<Connection<Delivered<D, T>>, ConnectError, Transport | Scope.Scope | R> => {
  const fail = CallSite.capture("WebSocket.connect")
  return Span.around("WebSocket.connect", (attribute, context: Context.Context<Scope.Scope | Transport | R>) => {
    const { maskingKey, nonce } = Context.get(context, Entropy)
    const transport = Context.get(context, Transport)
    const place = new Place(context, transport, maskingKey)
    const began = Moment.now(place.clock)
    const dialling = dial(url, options, { place, attribute, fail, nonce, transport })
    return Effect.uninterruptibleMask((restore) => {
      const dialled = Effect.updateContext(restore(dialling), Spans.dialling(place.streamScope, place.id))
      const opened = Effect.flatMap(dialled, (dialled) => {
        place.meter.handshake(Moment.now(place.clock) - began)
        const { delivery, text } = dialled.settings
        return open(dialled, assemblyOf(delivery as D, text as T), Context.get(context, Scope.Scope), place)
      })
      return Effect.onExitPrimitive(opened, (exit) => (Exit.isSuccess(exit) ? undefined : place.close(exit)))
    })
  })
}

/**
 * The messages of a connection that is opened when the stream runs and closed when it ends, for programs that only listen. It
 * ends as `Connection.messages` does.
 */
export const stream = <R = never, D extends Delivery = "messages", T extends TextAs = "string">(
  url: string | URL,
  options?: ConnectOptions<R, D, T>
): Stream.Stream<Delivered<D, T>, ConnectError | ReceiveError, Transport | R> =>
  Stream.unwrap(Effect.map(connect(url, options), (connection) => connection.messages))

/** Starts the session on a dialled byte stream, in the caller's scope. */
const open = <A>(
  dialled: Dialled,
  assembly: Assembler.Assembly<A>,
  scope: Scope.Scope,
  place: Place
): Effect.Effect<Connection<A>> => {
  const { settings } = dialled
  const session = new Session({
    stream: dialled.stream,
    endpoint: new Endpoint.Endpoint({
      role: "client",
      platform: NodePlatform.platform,
      limits: coreLimits(settings.limits),
      maskingKey: place.maskingKey,
      assembly,
      compression: compressionOf(settings.compression, dialled.answer.compression)
    }),
    settings,
    place
  })
  const left = Scope.addFinalizerExit(scope, leaving(session))
  const { answer, redirects, url } = dialled
  const { extensions, headers, status, subprotocol } = answer
  const facts = {
    url,
    redirects,
    subprotocol,
    extensions,
    status,
    headers: linesOf(headers)
  }
  const begun = session.begin(dialled.first)
  return Effect.as(begun === undefined ? left : Effect.andThen(begun, left), new OpenConnection(session, facts))
}

/** Says goodbye, then closes the scopes and tells whoever waits for that, even if a faulty byte stream throws. */
const leaving =
  <A>(session: Session<A>) =>
  (exit: Exit.Exit<unknown, unknown>) =>
    Effect.onExitPrimitive(goodbye(session, exit), () => {
      const given = session.place.close(exit)
      if (given !== undefined) return Effect.ensuring(given, session.finished)
      session.finish()
      return undefined
    })

/** Closes the connection, with a span for that unless it has ended already. */
const goodbye = <A>(session: Session<A>, exit: Exit.Exit<unknown, unknown>) =>
  Effect.suspend(() => {
    const said = session.goodbye.leave(exit)
    return session.over ? said : Spans.closing(said, session.id)
  })

const coreLimits = ({ maxFragments, maxFrameBytes = "unlimited", maxMessageBytes }: Settings["limits"]) => ({
  maxMessageBytes: bound(maxMessageBytes),
  maxFrameBytes: bound(maxFrameBytes),
  maxFragments: bound(maxFragments)
})

const compressionOf = (options: Settings["compression"], agreed: PerMessageDeflate.Agreed | undefined) => {
  if (options === false || agreed === undefined) return undefined
  const { level, memoryLevel, threshold = agreed.clientNoContextTakeover ? shortMessage : 1 } = options
  return { agreed, level, memoryLevel, threshold }
}

/** Without context takeover, a shorter message gains nothing from compression. */
const shortMessage = 1024

const bound = (limit: number | "unlimited"): number => (limit === "unlimited" ? Number.POSITIVE_INFINITY : limit)
