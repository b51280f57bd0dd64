/**
 * The attempts of one dial: one, and another for each redirect that is followed. It takes cookies from the jar and stores those
 * that come. `Redirect` decides which redirects are followed and what is sent along.
 */
import { HttpHead, type OpeningHandshake, Uri } from "@effect-websocket/core"
import { escapePeerText, type Transport, type TransportError } from "@effect-websocket/transport"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Hex from "effect/encoding/Hex"
import * as Scope from "effect/Scope"
import { type HandshakeInvalid, type HandshakeRejected, InvalidOptions } from "../ConnectError.ts"
import type { Redirected } from "../Connection.ts"
import type { CookieJar } from "../CookieJar.ts"
import * as Attempt from "./Attempt.ts"
import * as Redirect from "./Redirect.ts"
import * as Refusal from "./Refusal.ts"
import type { Steps } from "./Steps.ts"
import type { TraceLog } from "./TraceLog.ts"
import type { UpgradeRequest } from "./UpgradeRequest.ts"
import type { ParsedUrl } from "./Url.ts"

export interface Context {
  readonly transport: typeof Transport.Service
  readonly cookies: CookieJar | undefined
  readonly nonce: () => Uint8Array
  readonly clock: Clock.Clock
  readonly steps: Steps
  readonly trace: TraceLog | undefined
  /** The current attempt: if the deadline passes while a refusal is coming, the error tells of the refusal. */
  current: Attempt.Attempt | undefined
}

export interface Opened extends Attempt.Accepted {
  readonly url: string
  readonly redirects: ReadonlyArray<Redirected>
}

type Failure = TransportError | HandshakeInvalid | HandshakeRejected | InvalidOptions

/** Attempts once, and again as long as redirects are followed. An illegal request is not dialled. */
export const run = Effect.fnUntraced(function* (
  first: Omit<UpgradeRequest, "cookie">,
  context: Context
): Effect.fn.Return<Opened, Failure, Scope.Scope> {
  const { clock, cookies, nonce, steps, trace, transport } = context
  const sent: Array<UpgradeRequest> = []
  let redirects = none
  let request: UpgradeRequest = { ...first, cookie: yield* cookieFor(first, cookies) }
  while (true) {
    const attempt = Attempt.prepare(request, nonce())
    if (attempt instanceof InvalidOptions) return yield* attempt
    context.current = attempt
    sent.push(request)
    const answered = Attempt.run(attempt, transport, steps, trace)
    const answer = yield* request.settings.redirects === false ? answered : alone(answered)
    trace?.answer(answer)
    yield* keepCookies(request, answer, cookies)
    if (answer._tag === "Accepted") {
      steps.end("upgrade", undefined)
      return { ...answer, url: request.url.shown, redirects }
    }
    const refused = (notFollowed?: string) => Refusal.make(answer, clock, notFollowed)
    const policy = Redirect.policyFor(request, answer.status)
    if (policy === undefined) return yield* refused()
    const next = Redirect.follow(sent, policy, answer)
    if (typeof next === "string") return yield* refused(next)
    const to = next.url.shown
    request = { ...next, cookie: yield* cookieFor(next, cookies) }
    if (Redirect.isCircle(sent, request)) return yield* refused(`it leads in a circle, back to ${escapePeerText(to)}`)
    redirects = [...redirects, { status: answer.status, to }]
    steps.end("upgrade", undefined, { outcome: `HTTP ${answer.status}, to ${to}` })
  }
})

/** Shared by all connections without redirects. */
const none: ReadonlyArray<Redirected> = []

/** Runs an attempt in its own scope, which is closed at once unless it is accepted, since another attempt may follow. */
const alone = Effect.fnUntraced(function* <E, R>(
  attempt: Effect.Effect<Attempt.Accepted | OpeningHandshake.Rejected, E, R | Scope.Scope>
) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  return yield* Effect.onExit(Scope.provide(attempt, scope), (exit) =>
    Exit.isSuccess(exit) && exit.value._tag === "Accepted" ? Effect.void : Scope.close(scope, exit)
  )
})

const cookieFor = ({ url }: Omit<UpgradeRequest, "cookie">, jar: CookieJar | undefined) =>
  jar === undefined ? Effect.undefined : jar.header(cookieUrl(url))

const keepCookies = (
  { url }: UpgradeRequest,
  answer: Attempt.Accepted | OpeningHandshake.Rejected,
  jar: CookieJar | undefined
) => {
  const { headers } = answer._tag === "Accepted" ? answer.answer : answer
  return jar === undefined ? Effect.void : jar.store(cookieUrl(url), HttpHead.all(headers, "Set-Cookie"))
}

/** All unix sockets have the host localhost, so each gets a name of its own: its cookies are not shared with other servers. */
const cookieUrl = ({ place: { socketPath }, uri }: ParsedUrl): string =>
  Uri.format(socketPath === undefined ? uri : { ...uri, host: `${Hex.encode(socketPath)}.unix.invalid` })
