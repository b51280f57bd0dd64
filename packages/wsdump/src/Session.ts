/** One conversation: connect, print what comes, send what the input brings, and close. */
import { type CloseInfo, type Connection, type Message, type SendError, WebSocket } from "@effect-websocket/client"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { Stdio } from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Asked from "./Asked.ts"
import { InputInvalid, IoFailed, OutOfTime, TooFew } from "./Errors.ts"
import * as Input from "./Input.ts"
import { Lines } from "./Lines.ts"
import { Quiet } from "./Quiet.ts"
import type { Happened } from "./Render.ts"
import type { Screen } from "./Screen.ts"
import * as Slash from "./Slash.ts"
import { problemOf } from "./Words.ts"

/**
 * `isTalk`: a person types. Then a line that cannot be sent is no failure, and the end of the input ends everything at once.
 */
export const run = Effect.fnUntraced(function* (asked: Asked.Asked, screen: Screen, isTalk: boolean) {
  const options = yield* Effect.fromResult(Asked.connectOptions(asked))
  const first = [...asked.text, ...(yield* Effect.forEach(asked.binary, readFile))]

  const connection = yield* WebSocket.connect(asked.url, options)
  yield* screen.show(opened(connection))

  const showClosed = (info: CloseInfo) => Effect.as(screen.show({ _tag: "Closed", info }), info)
  // `close` waits for the end, whoever began it.
  const closing = Effect.flatMap(connection.close(), showClosed)
  const closingSoon = Effect.timeoutOrElse(connection.close(), {
    duration: goodbye,
    orElse: () => Effect.andThen(connection.abort, connection.closed)
  }).pipe(Effect.flatMap(showClosed))
  yield* within(asked.timeout, converse(connection, asked, first, screen, isTalk)).pipe(
    Effect.exit,
    // An interruption does not wait for a slow reader of the output either.
    Effect.onInterrupt(() => Effect.ignore(Effect.timeoutOption(closingSoon, Duration.times(goodbye, 2)))),
    Effect.tap((exit) => Effect.flatMap(isOutOfTime(exit) ? closingSoon : closing, tellDiscarded)),
    Effect.flatten
  )
}, Effect.scoped)

const readFile = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.readFile(path)).pipe(
    Effect.mapError((error) => IoFailed.of(`file ${path}`, error))
  )

/** Runs until the connection ends, `--count` messages have come, or the input is over and no reply comes any more. */
const converse = Effect.fnUntraced(function* (
  connection: Connection,
  asked: Asked.Asked,
  first: ReadonlyArray<Message>,
  screen: Screen,
  isTalk: boolean
) {
  const quiet = yield* Quiet.make
  const count = Option.getOrElse(asked.count, () => Number.POSITIVE_INFINITY)
  let came = 0
  const listening = Stream.runForEachArray(Stream.take(connection.messages, count), (messages) => {
    came += messages.length
    return quiet.interruptedBy(screen.show(...messages.map((message): Happened => ({ _tag: "Received", message }))))
  })
  const watching = (payloads: Stream.Stream<Uint8Array>, _tag: "Pinged" | "Ponged") =>
    Effect.forkScoped(
      Stream.runForEach(payloads, (payload) => screen.show({ _tag, payload })),
      { startImmediately: true }
    )
  if (asked.pings) {
    yield* watching(connection.pings, "Pinged")
    yield* watching(connection.pongs, "Ponged")
  }

  const talking = Effect.gen(function* () {
    yield* connection.sendAll(first)
    yield* sendLines(connection, asked, screen, isTalk)
    yield* connection.flush
    if (asked.eofWait === "forever") return
    if (!isTalk) yield* quiet.lasting(Duration.seconds(asked.eofWait))
    yield* connection.close()
  }).pipe(
    // `listening` reports how it ended.
    Effect.catchTag("ConnectionClosed", () => Effect.void),
    Effect.andThen(Effect.never)
  )

  yield* Effect.raceFirst(listening, talking)
  if (came < count && Option.isSome(asked.count)) return yield* new TooFew({ count, came })
})

/** Sends every line of the input as a message, or does what it says. */
const sendLines = Effect.fnUntraced(function* (
  connection: Connection,
  asked: Asked.Asked,
  screen: Screen,
  isTalk: boolean
) {
  const { stdin } = yield* Stdio
  const lines = new Lines()
  let line = 0
  const sendLine = (bytes: Uint8Array) => {
    line++
    const message = (asked.slash ? Slash.command(bytes) : undefined) ?? Input.message(bytes, asked.input)
    if (typeof message === "string") return Effect.fail(new InputInvalid({ line, problem: message }))
    const sent = "_tag" in message ? follow(message) : connection.send(message.bytes, { kind: message.kind })
    return Effect.catchTag(sent, "InvalidMessage", (error) => new InputInvalid({ line, problem: problemOf(error) }))
  }
  /** The next line waits for the answer to a ping. */
  const follow = (command: Slash.Command): Effect.Effect<unknown, SendError> => {
    switch (command._tag) {
      case "Ping":
        return Effect.flatMap(connection.ping(command.payload), (roundTrip) =>
          screen.show({ _tag: "Answered", roundTrip })
        )
      case "Pong":
        return connection.pong(command.payload)
      case "Close":
        return connection.close(command.closeCode, command.closeReason)
    }
  }
  const send = isTalk
    ? (bytes: Uint8Array) => Effect.catchTag(sendLine(bytes), "InputInvalid", ({ message }) => Console.error(message))
    : sendLine
  yield* Stream.runForEach(
    Stream.mapError(stdin, (error) => IoFailed.of("input", error)),
    (bytes) =>
      Effect.suspend(() => {
        const complete = lines.push(bytes)
        const sent = Effect.forEach(complete, send, { discard: true })
        if (lines.waiting <= Input.maxLineBytes) return sent
        return Effect.andThen(
          sent,
          () => new InputInvalid({ line: line + 1, problem: `it is longer than ${Input.maxLineBytes / 0x100000} MiB` })
        )
      })
  )
  yield* Effect.forEach(lines.end(), send, { discard: true })
})

const tellDiscarded = ({ discarded }: CloseInfo): Effect.Effect<void> =>
  discarded === 0 ? Effect.void : Console.error(`wsdump: ${discarded} messages came too late to be shown`)

const opened = ({ extensions, subprotocol, url }: Connection): Happened => ({
  _tag: "Opened",
  url,
  ...(subprotocol !== undefined && { subprotocol }),
  ...(extensions !== undefined && { extensions })
})

const within = <A, E, R>(timeout: Option.Option<number>, conversation: Effect.Effect<A, E, R>) =>
  Option.match(timeout, {
    onNone: () => conversation,
    onSome: (seconds) =>
      Effect.timeoutOrElse(conversation, {
        duration: Duration.seconds(seconds),
        orElse: () => new OutOfTime({ seconds })
      })
  })

const isOutOfTime = (exit: Exit.Exit<unknown, { readonly _tag: string }>) =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => Cause.isFailReason(reason) && reason.error._tag === "OutOfTime")

/** How long the closing handshake may take after an interruption or a timeout. */
const goodbye = Duration.seconds(1)
