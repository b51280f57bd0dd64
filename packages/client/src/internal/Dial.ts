/**
 * Dialling: from a URL and options to a byte stream on which the server accepted the opening handshake. There is one deadline
 * for it all, including redirects. Every failure is a ConnectError with the steps so far.
 */
import type { OpeningHandshake } from "@effect-websocket/core"
import { type ByteStream, escapePeerText, type Span, TimedOut, type Transport } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { ConnectError, type ConnectReason } from "../ConnectError.ts"
import type { Redirected } from "../Connection.ts"
import type { CookieJar } from "../CookieJar.ts"
import type { Delivery, TextAs } from "../Delivery.ts"
import * as Options from "../Options.ts"
import { TraceOptions } from "../TraceOptions.ts"
import * as Attempt from "./Attempt.ts"
import * as Attempts from "./Attempts.ts"
import type * as CallSite from "./CallSite.ts"
import * as Deadline from "./Deadline.ts"
import * as Moment from "./Moment.ts"
import type { Place } from "./Place.ts"
import * as Refusal from "./Refusal.ts"
import * as Spans from "./Spans.ts"
import { Steps } from "./Steps.ts"
import * as TraceLog from "./TraceLog.ts"
import * as Url from "./Url.ts"

export interface Dialled {
  readonly stream: ByteStream
  readonly settings: Options.Settings
  readonly answer: OpeningHandshake.Accepted
  /** What came right after the answer: the first frames. */
  readonly first: Uint8Array
  /** The last URL, after `redirects`. */
  readonly url: string
  readonly redirects: ReadonlyArray<Redirected>
}

/** What `WebSocket.connect` gives to a dial. */
export interface Origin {
  readonly place: Place
  /** Fails, and the failure shows where the connection was asked for. */
  readonly fail: CallSite.Fail
  readonly nonce: () => Uint8Array
  readonly transport: typeof Transport.Service
  /** Sets an attribute of the connection's span. */
  readonly attribute: Span.Attribute
}

/** Runs as much as possible outside of Effects, for speed: most dials wait for nothing before the socket connects. */
export const dial = <R>(
  input: string | URL,
  options: Options.ConnectOptions<R, Delivery, TextAs>,
  origin: Origin
): Effect.Effect<Dialled, ConnectError, Scope.Scope | R> => {
  const { attribute, fail, place, transport } = origin
  const url = Url.parseFor(transport, input)
  attribute(Spans.connectionId, place.id)
  if ("_tag" in url) return fail(new ConnectError({ url: url.url, reason: url, steps: [] }))
  attribute("url.full", url.shown)
  attribute("server.address", url.uri.host)
  attribute("server.port", url.uri.port)
  attribute("network.protocol.name", "websocket")
  const steps = new Steps(place.clock)
  const failed = (reason: ConnectReason) => fail(new ConnectError({ url: url.shown, reason, steps: steps.list() }))
  const known = { origin, steps, failed }
  const misfit = Options.misfit(options)
  if (misfit !== undefined) return failed(misfit)
  return then(Options.evaluate(options), failed, (evaluated) => checked(url, evaluated, known))
}

/** What is known once the URL was parsed. */
interface Known {
  readonly origin: Origin
  readonly steps: Steps
  readonly failed: (reason: ConnectReason) => Effect.Effect<never, ConnectError>
}

const checked = (
  url: Url.ParsedUrl,
  options: Options.Evaluated,
  known: Known
): Effect.Effect<Dialled, ConnectError, Scope.Scope> => {
  const { cookies } = options
  return then(Options.decode(Options.dataOf(options)), known.failed, (settings) => {
    const { trace } = settings
    if (trace === false) return attempted(url, settings, cookies, undefined, known)
    const traced = TraceLog.make(trace === true ? TraceOptions.make({}) : trace, url.shown)
    return Effect.flatMap(traced, (trace) => attempted(url, settings, cookies, trace, known))
  })
}

/** `Effect.matchEffect`, but without an Effect for a value that is there already. */
const then = <A, E, R, B, F, R2>(
  effect: Effect.Effect<A, E, R>,
  onFailure: (error: E) => Effect.Effect<B, F, R2>,
  onSuccess: (value: A) => Effect.Effect<B, F, R2>
): Effect.Effect<B, F, R | R2> =>
  Exit.isExit(effect) && Exit.isSuccess(effect as Exit.Exit<A, E>)
    ? onSuccess((effect as Exit.Success<A, E>).value)
    : Effect.matchEffect(effect, { onFailure, onSuccess })

const attempted = (
  url: Url.ParsedUrl,
  settings: Options.Settings,
  cookies: CookieJar | undefined,
  trace: TraceLog.TraceLog | undefined,
  { failed, origin: { nonce, place, transport }, steps }: Known
): Effect.Effect<Dialled, ConnectError, Scope.Scope> => {
  if (trace !== undefined) steps.onEnd = trace.step
  const context: Attempts.Context = { transport, cookies, nonce, clock: place.clock, steps, trace, current: undefined }
  const attempts = Attempts.run({ url, settings, authorization: url.authorization }, context)
  const at = Moment.now(place.clock) + Moment.nanos(settings.deadlines.openTimeout)
  return Deadline.within(attempts, at, place, (exit, isLate) => {
    if (Exit.isSuccess(exit)) {
      const opened = exit.value
      const stream = trace === undefined ? opened.stream : trace.frames(opened.stream, opened.first)
      return Effect.succeed({ ...opened, stream, settings })
    }
    const failure = Cause.findError(exit.cause)
    if (Result.isSuccess(failure)) {
      const reason = failure.success._tag === "TransportError" ? failure.success.reason : failure.success
      steps.end("upgrade", failureOf(reason))
      return failed(reason)
    }
    if (!Cause.hasInterruptsOnly(exit.cause)) return Effect.failCause(failure.failure)
    steps.end("upgrade", "interrupted")
    return isLate
      ? failed(refusalSoFar(context) ?? new TimedOut({ stage: steps.stage }))
      : Effect.failCause(failure.failure)
  })
}

/** A refusal's message may quote a whole page, which the error shows already. */
const failureOf = (reason: ConnectReason): string =>
  reason._tag === "HandshakeRejected"
    ? `HTTP ${reason.status} ${escapePeerText(reason.statusText)}`.trimEnd()
    : reason.message

const refusalSoFar = ({ clock, current }: Attempts.Context) => {
  const refusal = current && Attempt.refusalSoFar(current)
  return refusal && Refusal.make(refusal, clock)
}
