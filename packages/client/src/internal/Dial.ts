/**
 * Dialling: from a URL and options to an open byte stream on which the opening handshake was accepted, within one
 * deadline, over as many redirects as the program allows. Every failure is a ConnectError with the steps so far.
 */

import type { OpeningHandshake } from "@effect-websocket/core"
import { type ByteStream, escapePeerText, TimedOut, type Transport } from "@effect-websocket/transport"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ConnectError, type ConnectReason, InvalidOptions } from "../ConnectError.ts"
import type { Redirected } from "../Connection.ts"
import type { Delivery, TextAs } from "../Delivery.ts"
import * as Options from "../Options.ts"
import { TraceOptions } from "../TraceOptions.ts"
import * as Attempt from "./Attempt.ts"
import * as Attempts from "./Attempts.ts"
import * as Refusal from "./Refusal.ts"
import { Steps } from "./Steps.ts"
import * as Trace from "./Trace.ts"
import * as TraceLog from "./TraceLog.ts"
import * as Url from "./Url.ts"

export interface Dialled {
  readonly stream: ByteStream
  readonly settings: Options.Settings
  readonly answer: OpeningHandshake.Accepted
  /** What came right behind the answer: the first frames. */
  readonly first: Uint8Array
  /** Where it ended, after `redirects`. */
  readonly url: string
  readonly redirects: ReadonlyArray<Redirected>
}

/** What a connection was given to begin with. */
export interface Origin {
  readonly clock: Clock.Clock
  readonly id: string
  readonly nonce: () => Uint8Array
  readonly transport: typeof Transport.Service
}

export const dial = Effect.fnUntraced(function* <R>(
  input: string | URL,
  options: Options.ConnectOptions<R, Delivery, TextAs>,
  { clock, id, nonce, transport }: Origin
): Effect.fn.Return<Dialled, ConnectError, Scope.Scope | R> {
  const url = Url.parse(input)
  yield* Effect.annotateCurrentSpan({
    [Trace.connectionId]: id,
    ...(!("_tag" in url) && {
      "url.full": url.shown,
      "server.address": url.uri.host,
      "server.port": url.uri.port,
      "network.protocol.name": "websocket"
    })
  })
  if ("_tag" in url) return yield* new ConnectError({ url: url.url, reason: url, steps: [] })
  const steps = new Steps(clock)
  const connectError = (reason: ConnectReason) => new ConnectError({ url: url.shown, reason, steps: steps.list() })

  const { cookies, ...data } = yield* Effect.mapError(Options.evaluate(options), connectError)
  const settings = yield* Options.decode(data).pipe(
    Effect.mapError((error) => connectError(new InvalidOptions({ problem: error.message })))
  )
  const trace = yield* traceOf(settings, url)
  if (trace !== undefined) steps.onEnd = trace.step
  const context: Attempts.Context = { transport, cookies, nonce, clock, steps, trace, current: undefined }
  const opened = yield* Attempts.run({ url, settings, authorization: url.authorization }, context).pipe(
    Effect.mapError((failure) => {
      const reason = failure._tag === "TransportError" ? failure.reason : failure
      steps.end("upgrade", failureOf(reason))
      return connectError(reason)
    }),
    Effect.onInterrupt(() => Effect.sync(() => steps.end("upgrade", "interrupted"))),
    Effect.timeoutOrElse({
      duration: settings.deadlines.openTimeout,
      orElse: () => Effect.fail(connectError(refusalSoFar(context) ?? new TimedOut({ stage: steps.stage })))
    })
  )
  const stream = trace === undefined ? opened.stream : trace.frames(opened.stream, opened.first)
  return { ...opened, stream, settings }
})

const traceOf = ({ trace }: Options.Settings, { shown }: Url.ParsedUrl) =>
  trace === false ? Effect.undefined : TraceLog.make(trace === true ? TraceOptions.make({}) : trace, shown)

/** A refusal's message may quote a page, and once is enough. */
const failureOf = (reason: ConnectReason): string =>
  reason._tag === "HandshakeRejected"
    ? `HTTP ${reason.status} ${escapePeerText(reason.statusText)}`.trimEnd()
    : reason.message

const refusalSoFar = ({ clock, current }: Attempts.Context) => {
  const refusal = current && Attempt.refusalSoFar(current)
  return refusal && Refusal.make(refusal, clock)
}
