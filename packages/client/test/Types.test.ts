/**
 * What the compiler knows: what each function needs, what it can fail with, and which errors are left once some were
 * handled. `npm run types` is what holds these tests; running them only shows that the module loads.
 */
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import {
  AtLeastOnce,
  type Client,
  type ClientOptions,
  type ClientReceiveError,
  type CloseInfo,
  type ConnectError,
  type Connection,
  type ConnectionClosed,
  type ConnectOptions,
  type ConnectReason,
  type DecodeFailed,
  type Delivery,
  type EncodeFailed,
  type FateUnknown,
  type Fragment,
  type FragmentBytes,
  type Frame,
  type HandshakeInvalid,
  type HandshakeRejected,
  type IdleTimeout,
  type InvalidMessage,
  type InvalidOptions,
  type InvalidUrl,
  type Message,
  type MessageBytes,
  type MessageTooBig,
  type NotSent,
  type OptionFailed,
  type PongTimeout,
  type ProtocolViolation,
  type ReceiveError,
  Requests,
  type RequestTimedOut,
  type SendError,
  type Stalled,
  type Subscriptions,
  type TooManySubscriptions,
  type TypedMessages,
  WebSocket
} from "@effect-websocket/client"
import type {
  HostNotFound,
  ProxyFailed,
  Refused,
  Reset,
  TimedOut,
  TlsFailed,
  Transport,
  TransportError,
  Unreachable
} from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Context from "effect/Context"
import type { Duration } from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"

class Token extends Context.Service<Token, string>()("test/Token") {}

type Reasons =
  | InvalidUrl
  | InvalidOptions
  | OptionFailed
  | HostNotFound
  | Refused
  | Unreachable
  | Reset
  | ProxyFailed
  | TlsFailed
  | TimedOut
  | HandshakeRejected
  | HandshakeInvalid

describe("connect and stream", () => {
  it("connect needs a Transport and a Scope, and fails with ConnectError alone", () => {
    const connecting = WebSocket.connect("ws://localhost")
    expectTypeOf(connecting).toEqualTypeOf<Effect.Effect<Connection, ConnectError, Transport | Scope>>()
    expectTypeOf<ConnectError["reason"]>().toEqualTypeOf<Reasons>()
    expectTypeOf<ConnectReason>().toEqualTypeOf<Reasons>()
  })

  it("stream needs a Transport, and fails as connecting and receiving do", () => {
    const stream = WebSocket.stream("ws://localhost")
    expectTypeOf(stream).toEqualTypeOf<Stream.Stream<Message, ConnectError | ReceiveError, Transport>>()
  })

  it("delivery and text decide what taking gives", () => {
    const url = "ws://localhost"
    type Of<A> = Stream.Stream<A, ConnectError | ReceiveError, Transport>
    expectTypeOf(WebSocket.stream(url, { delivery: "messages", text: "string" })).toEqualTypeOf<Of<Message>>()
    expectTypeOf(WebSocket.stream(url, { text: "bytes" })).toEqualTypeOf<Of<MessageBytes>>()
    expectTypeOf(WebSocket.stream(url, { delivery: "fragments" })).toEqualTypeOf<Of<Fragment>>()
    const bytes = WebSocket.stream(url, { delivery: "fragments", text: "bytes" })
    expectTypeOf(bytes).toEqualTypeOf<Of<FragmentBytes>>()
    expectTypeOf(WebSocket.stream(url, { delivery: "frames", limits: {} })).toEqualTypeOf<Of<Frame>>()
    const decidedLater: ConnectOptions<never, Delivery> = {}
    expectTypeOf(WebSocket.stream(url, decidedLater)).toEqualTypeOf<Of<Message | Fragment | Frame>>()
    const fragments = WebSocket.connect(url, { delivery: "fragments" })
    expectTypeOf(fragments).toEqualTypeOf<Effect.Effect<Connection<Fragment>, ConnectError, Transport | Scope>>()
    // @ts-expect-error
    const notSaid: ConnectOptions = { delivery: "frames" }
    assert.isDefined(notSaid)
  })

  it("also beside an option that is an Effect", () => {
    const headers = Effect.map(Effect.service(Token), (authorization) => ({ authorization }))
    const stream = WebSocket.stream("ws://localhost", { headers, delivery: "frames" })
    expectTypeOf(stream).toEqualTypeOf<Stream.Stream<Frame, ConnectError | ReceiveError, Transport | Token>>()
  })

  it("a message is text or bytes, and nothing else", () => {
    expectTypeOf<Message>().toEqualTypeOf<string | Uint8Array>()
  })
})

describe("the connection", () => {
  it("taking messages fails with six tags", () => {
    type Six = ConnectionClosed | ProtocolViolation | MessageTooBig | PongTimeout | IdleTimeout | Stalled
    expectTypeOf<ReceiveError>().toEqualTypeOf<Six>()
    expectTypeOf<Connection["messages"]>().toEqualTypeOf<Stream.Stream<Message, ReceiveError>>()
    expectTypeOf<Connection["receive"]>().toEqualTypeOf<Effect.Effect<Message, ReceiveError>>()
    expectTypeOf<ReturnType<Connection["receiveN"]>>().toEqualTypeOf<
      Effect.Effect<NonEmptyReadonlyArray<Message>, ReceiveError>
    >()
  })

  it("sending fails with two", () => {
    expectTypeOf<SendError>().toEqualTypeOf<ConnectionClosed | InvalidMessage>()
    expectTypeOf<ReturnType<Connection["send"]>>().toEqualTypeOf<Effect.Effect<void, SendError>>()
    expectTypeOf<ReturnType<Connection["sendAll"]>>().toEqualTypeOf<Effect.Effect<void, SendError>>()
    expectTypeOf<ReturnType<Connection["ping"]>>().toEqualTypeOf<Effect.Effect<Duration, SendError>>()
    expectTypeOf<Connection["flush"]>().toEqualTypeOf<Effect.Effect<void, ConnectionClosed>>()
  })

  it("closing can only be asked for wrongly, and its record always comes", () => {
    expectTypeOf<ReturnType<Connection["close"]>>().toEqualTypeOf<Effect.Effect<CloseInfo, InvalidMessage>>()
    expectTypeOf<Connection["closed"]>().toEqualTypeOf<Effect.Effect<CloseInfo>>()
    expectTypeOf<Connection["abort"]>().toEqualTypeOf<Effect.Effect<void>>()
  })

  it("a failure behind a close is one that can end a connection", () => {
    expectTypeOf<NonNullable<ConnectionClosed["cause"]>>().toEqualTypeOf<
      ProtocolViolation | MessageTooBig | PongTimeout | IdleTimeout | Stalled | TransportError
    >()
  })
})

describe("options", () => {
  it("there is no other option than those that work", () => {
    // @ts-expect-error
    const unknown: ConnectOptions = { subprotocol: "chat" }
    // @ts-expect-error
    const unknownLimit: ConnectOptions = { limits: { maxMessage: 1 } }
    // @ts-expect-error
    const wrongKind: ConnectOptions = { subprotocols: "chat" }
    // @ts-expect-error
    const weakened: ConnectOptions = { tls: { verify: "some" } }
    assert.strictEqual([unknown, unknownLimit, wrongKind, weakened].length, 4)
  })

  it("an Effect in place of the headers asks for what it needs", () => {
    const headers = Effect.map(Effect.service(Token), (authorization) => ({ authorization }))
    expectTypeOf(WebSocket.connect("ws://localhost", { headers })).toEqualTypeOf<
      Effect.Effect<Connection, ConnectError, Transport | Scope | Token>
    >()
    expectTypeOf(WebSocket.stream("ws://localhost", { headers })).toEqualTypeOf<
      Stream.Stream<Message, ConnectError | ReceiveError, Transport | Token>
    >()
    // @ts-expect-error
    const notHeaders: ConnectOptions = { headers: Effect.succeed(1) }
    assert.isDefined(notHeaders)
  })

  it("all of it is data, with or without Effect's own values", () => {
    const options: ConnectOptions = {
      subprotocols: ["chat"],
      headers: { authorization: "Bearer token" },
      limits: { maxMessageBytes: "unlimited" },
      deadlines: { openTimeout: "3 seconds", closeTimeout: 500 },
      keepAlive: false
    }
    assert.deepStrictEqual(JSON.parse(JSON.stringify(options)), options)
  })
})

describe("what is left once some were handled", () => {
  it("catchTag takes one flat tag away", () => {
    const receive = Effect.flatMap(WebSocket.connect("ws://localhost"), (socket) => socket.receive)
    const handled = receive.pipe(Effect.catchTag("ConnectionClosed", (closed) => Effect.succeed(closed.closeCode)))
    expectTypeOf<Effect.Error<typeof handled>>().toEqualTypeOf<
      ConnectError | ProtocolViolation | MessageTooBig | PongTimeout | IdleTimeout | Stalled
    >()
    expectTypeOf<Effect.Success<typeof handled>>().toEqualTypeOf<Message | number>()
  })

  it("catchTags takes all of them away", () => {
    const nothing = () => Effect.void
    const handled = Stream.runDrain(WebSocket.stream("ws://localhost")).pipe(
      Effect.catchTags({
        ConnectError: nothing,
        ConnectionClosed: nothing,
        ProtocolViolation: nothing,
        MessageTooBig: nothing,
        PongTimeout: nothing,
        IdleTimeout: nothing,
        Stalled: nothing
      })
    )
    expectTypeOf(handled).toEqualTypeOf<Effect.Effect<void, never, Transport>>()
  })

  it("catchReason handles one reason and leaves the error for the others", () => {
    const handled = WebSocket.connect("ws://localhost").pipe(
      Effect.catchReason("ConnectError", "HandshakeRejected", (refusal, error) => {
        expectTypeOf(refusal).toEqualTypeOf<HandshakeRejected>()
        expectTypeOf(error.steps).toEqualTypeOf<ConnectError["steps"]>()
        return Effect.succeed(refusal.status)
      })
    )
    expectTypeOf<Effect.Error<typeof handled>>().toEqualTypeOf<ConnectError>()
  })

  it("unwrapReason makes flat tags of the reasons", () => {
    const handled = WebSocket.connect("ws://localhost").pipe(
      Effect.unwrapReason("ConnectError"),
      Effect.catchTag("HostNotFound", () => Effect.succeed("offline"))
    )
    expectTypeOf<Effect.Error<typeof handled>>().toEqualTypeOf<Exclude<Reasons, HostNotFound>>()
  })

  it("on a stream as on an effect", () => {
    const handled = WebSocket.stream("ws://localhost").pipe(
      Stream.catchTag("ConnectionClosed", () => Stream.empty),
      Stream.catchTag("ConnectError", () => Stream.empty)
    )
    expectTypeOf<Stream.Error<typeof handled>>().toEqualTypeOf<
      ProtocolViolation | MessageTooBig | PongTimeout | IdleTimeout | Stalled
    >()
  })
})

describe("typed messages", () => {
  const socket = {} as Connection
  const protocol = { receive: Schema.NumberFromString, send: Schema.Date }

  it("values in place of messages, and two errors more", () => {
    const typed = WebSocket.schema(socket, protocol)
    expectTypeOf(typed).toEqualTypeOf<
      TypedMessages<number, Date, ReceiveError | DecodeFailed, SendError | EncodeFailed>
    >()
  })

  it("who skips cannot fail with DecodeFailed", () => {
    const typed = WebSocket.schema(socket, {
      ...protocol,
      onDecodeError: (failure, message) => Effect.log(failure.problem, message.length)
    })
    expectTypeOf<Effect.Error<typeof typed.receive>>().toEqualTypeOf<ReceiveError>()
    expectTypeOf<Stream.Error<typeof typed.messages>>().toEqualTypeOf<ReceiveError>()
  })

  it("who handles it fails with what the handler fails with", () => {
    const typed = WebSocket.schema(socket, { ...protocol, onDecodeError: () => Effect.fail("enough" as const) })
    expectTypeOf<Effect.Error<typeof typed.receive>>().toEqualTypeOf<ReceiveError | "enough">()
  })

  it("a schema that needs a service is refused", () => {
    const NeedsService = {} as Schema.Codec<string, string, "service", "service">
    // @ts-expect-error
    const wrong = () => WebSocket.schema(socket, { receive: NeedsService, send: Schema.String })
    // @ts-expect-error
    const wrongToo = () => WebSocket.schema(socket, { receive: Schema.String, send: NeedsService })
    assert.isFunction(wrong ?? wrongToo)
  })
})

describe("requests", () => {
  const socket = {} as Connection
  const protocol = { receive: Schema.Int, send: Schema.Int }
  const responseId = (message: number) => message

  it("one bad message must not end all requests, so messages that fail for one are refused", () => {
    // @ts-expect-error
    const refused = () => Requests.make(WebSocket.schema(socket, protocol), { responseId })
    const typed = WebSocket.schema(socket, { ...protocol, onDecodeError: () => Effect.void })
    const made = () => Requests.make(typed, { responseId })
    type Made = Effect.Success<ReturnType<typeof made>>
    expectTypeOf<Effect.Error<ReturnType<typeof made>>>().toEqualTypeOf<InvalidOptions>()
    expectTypeOf<ReturnType<Made["request"]>>().toEqualTypeOf<
      Effect.Effect<number, SendError | EncodeFailed | NotSent | FateUnknown | RequestTimedOut>
    >()
    expectTypeOf<Made["messages"]>().toEqualTypeOf<Stream.Stream<number, ReceiveError>>()
    assert.isFunction(refused)
  })
})

describe("what outlives a connection", () => {
  const client = {} as Client.Client
  const made = () =>
    AtLeastOnce.make({
      receive: Schema.Int,
      send: Schema.Struct({ n: Schema.Int, at: Schema.Date }),
      number: (at: Date, n) => ({ n, at }),
      ackOf: (ack) => ack
    })
  type Made = Effect.Success<ReturnType<typeof made>>

  it("sending at least once never fails for a connection, and its replay is an onOpen", () => {
    expectTypeOf<ReturnType<typeof made>>().toEqualTypeOf<
      Effect.Effect<AtLeastOnce.AtLeastOnce<number, Date, DecodeFailed>, InvalidOptions, Scope>
    >()
    const over = (made: Made) => made.over(client)
    type Over = ReturnType<typeof over>
    expectTypeOf<ReturnType<Over["send"]>>().toEqualTypeOf<
      Effect.Effect<void, EncodeFailed | InvalidMessage | NotSent>
    >()
    expectTypeOf<Over["messages"]>().toEqualTypeOf<Stream.Stream<number, ClientReceiveError | DecodeFailed>>()
    expectTypeOf<Over["acknowledged"]>().toEqualTypeOf<Effect.Effect<void, NotSent | FateUnknown>>()
    expectTypeOf<Made["replay"]>().toExtend<NonNullable<ClientOptions["onOpen"]>>()
  })

  it("a subscription needs a scope, and fails only for what it is", () => {
    type Subscribed = ReturnType<Subscriptions.Subscriptions<number>["subscribe"]>
    expectTypeOf<Subscribed>().toEqualTypeOf<
      Effect.Effect<void, EncodeFailed | InvalidMessage | TooManySubscriptions, Scope>
    >()
    expectTypeOf<Subscriptions.Subscriptions<number>["replay"]>().toExtend<NonNullable<ClientOptions["onOpen"]>>()
  })

  it("typed messages of a client take what may be said about a message of a client", () => {
    const typed = WebSocket.schema(client, { receive: Schema.Int, send: Schema.Int })
    const durable = () => typed.send(1, { durable: true })
    expectTypeOf<ReturnType<typeof durable>>().toEqualTypeOf<
      Effect.Effect<void, InvalidMessage | NotSent | FateUnknown | EncodeFailed>
    >()
    assert.isFunction(durable)
  })
})
