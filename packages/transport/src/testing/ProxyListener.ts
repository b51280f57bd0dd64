/**
 * A proxy of real sockets for tests and demonstrations: HTTP CONNECT over TCP or TLS, SOCKS 4, 4A or 5, on a free port of
 * 127.0.0.1. Written against the bytes of the protocols, and knows nothing of the client's side of them.
 */
import { Buffer } from "node:buffer"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type * as Scope from "effect/Scope"
import type { ByteStream } from "../ByteStream.ts"
import { authorityOf } from "../Target.ts"
import * as Tcp from "../Tcp.ts"
import type { TransportError } from "../TransportError.ts"
import * as Listener from "./Listener.ts"

export interface Options extends Listener.Options {
  readonly kind: "http" | "socks4" | "socks5"
  /** Lets in only who has these; SOCKS 4 looks at the user alone. Default: everyone. */
  readonly credentials?: { readonly username: string; readonly password: string }
  /** Answers every request with these bytes in place of connecting. */
  readonly answer?: Uint8Array
}

export interface ProxyListener {
  readonly port: number
  /** As a client would name it, without credentials: `https://127.0.0.1:`, `socks5h://127.0.0.1:` and the port. */
  readonly url: string
  /** What was asked for, in order: `example.com:443`. Of many, the last 1,024. */
  readonly asked: ReadonlyArray<string>
  /** What clients said before a tunnel stood, in order. Of much, the last 1,024 pieces. */
  readonly heard: () => string
}

/** Listens while the scope is open. Any name is found at 127.0.0.1; addresses are connected to as they are. */
export const make: (options: Options) => Effect.Effect<ProxyListener, never, Scope.Scope> = Effect.fnUntraced(
  function* (options) {
    const scope = yield* Effect.scope
    const { accept, port } = yield* Listener.make(options)
    const asked: Array<string> = []
    const heard: Array<string> = []
    const serve = Effect.flatMap(accept, (wire) =>
      Effect.scoped(converse(new Client(wire, heard), asked, options)).pipe(
        Effect.ignore,
        Effect.ensuring(Effect.sync(wire.destroy)),
        Effect.forkIn(scope)
      )
    )
    yield* Effect.forkIn(Effect.forever(serve, { disableYield: true }), scope)
    const scheme = options.tls === undefined ? schemes[options.kind] : "https"
    return {
      port,
      url: `${scheme}://127.0.0.1:${port}`,
      asked,
      heard: () => heard.join("")
    }
  }
)

const schemes = { http: "http", socks4: "socks4a", socks5: "socks5h" }

const converse = Effect.fnUntraced(function* (client: Client, asked: Array<string>, options: Options) {
  const request = yield* requests[options.kind](client, options)
  if (request === undefined) return yield* client.wire.leave
  const { failed, granted, host, port } = request
  remember(asked, authorityOf({ host, port }))
  if (options.answer !== undefined) {
    client.wire.send(options.answer)
    return yield* client.wire.leave
  }
  const address = /^[\d.]+$|:/.test(host) ? host : "127.0.0.1"
  const server = yield* Effect.result(Tcp.connect({ host: address, port, report: () => {} }, false))
  if (server._tag === "Failure") {
    client.wire.send(failed)
    return yield* client.wire.leave
  }
  client.wire.send(granted)
  yield* Effect.all([upwards(client, server.success), downwards(server.success, client)], { concurrency: "unbounded" })
})

const upwards = (client: Client, server: ByteStream): Effect.Effect<void, TransportError> =>
  Effect.gen(function* () {
    while (true) {
      const bytes = yield* client.tunnelled
      if (!server.writeUnsafe([bytes])) yield* server.drained
    }
  }).pipe(Effect.catch((end) => (Cause.isDone(end) ? server.shutdown : Effect.fail(end))))

const downwards = (server: ByteStream, client: Client): Effect.Effect<void, TransportError> =>
  Effect.gen(function* () {
    while (true) for (const chunk of yield* server.pull) client.wire.send(chunk.slice())
  }).pipe(Effect.catch((end) => (Cause.isDone(end) ? Effect.sync(client.wire.end) : Effect.fail(end))))

/** What a client sends, read piece by piece, and kept until its tunnel stands. */
class Client {
  readonly wire: Listener.Accepted
  readonly #heard: Array<string>
  #unread: Uint8Array = new Uint8Array(0)

  constructor(wire: Listener.Accepted, heard: Array<string>) {
    this.wire = wire
    this.#heard = heard
  }

  /** So many bytes. */
  bytes(length: number): Pull<Uint8Array> {
    return this.#until(() => (this.#unread.length < length ? undefined : length))
  }

  /** Text up to and including an end. */
  text(end: string): Pull<string> {
    const bytes = this.#until(() => {
      const at = Buffer.from(this.#unread).indexOf(end, 0, "latin1")
      return at === -1 ? undefined : at + end.length
    })
    return Effect.map(bytes, (bytes) => Buffer.from(bytes).toString("latin1"))
  }

  /** What comes for the server. */
  readonly tunnelled: Pull<Uint8Array> = Effect.suspend(() => {
    const bytes = this.#unread
    this.#unread = new Uint8Array(0)
    return bytes.length > 0 ? Effect.succeed(bytes) : this.wire.take
  })

  #until(length: () => number | undefined): Pull<Uint8Array> {
    return Effect.suspend(() => {
      const found = length()
      if (found === undefined) {
        return Effect.flatMap(this.wire.take, (bytes) => {
          this.#unread = Buffer.concat([this.#unread, bytes])
          return this.#until(length)
        })
      }
      const read = this.#unread.subarray(0, found)
      this.#unread = this.#unread.subarray(found)
      remember(this.#heard, Buffer.from(read).toString("latin1"))
      return Effect.succeed(read)
    })
  }
}

/** So that a proxy may serve for as long as one likes. */
const remember = (items: Array<string>, item: string) => {
  items.push(item)
  if (items.length > remembered) items.shift()
}

const remembered = 1024

interface Request {
  readonly host: string
  readonly port: number
  readonly granted: Uint8Array
  readonly failed: Uint8Array
}

/** RFC 9110 §9.3.6. */
const connect = Effect.fnUntraced(function* (client: Client, { credentials }: Options) {
  const head = yield* client.text("\r\n\r\n")
  const [, host, port] = /^CONNECT (?:\[(?=.*\]))?([^\r ]+?)\]?:(\d+) HTTP\/1\.1\r\nHost: /.exec(head) ?? []
  const expected = credentials && Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")
  const isKnown = expected === undefined || head.includes(`\r\nProxy-Authorization: Basic ${expected}\r\n`)
  if (host === undefined || !isKnown) {
    client.wire.send(latin1(host === undefined ? "HTTP/1.1 400 Bad Request\r\n\r\n" : whoAreYou))
    return undefined
  }
  const granted = latin1("HTTP/1.1 200 Connection established\r\n\r\n")
  return { host, port: Number(port), granted, failed: latin1("HTTP/1.1 502 Bad Gateway\r\n\r\n") }
})

const whoAreYou =
  'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\nContent-Length: 0\r\n\r\n'

const socks4 = Effect.fnUntraced(function* (client: Client, { credentials }: Options) {
  const fixed = yield* client.bytes(8)
  const user = (yield* client.text("\0")).slice(0, -1)
  const isName = fixed[4] === 0 && fixed[5] === 0 && fixed[6] === 0 && fixed[7] !== 0
  const host = isName ? (yield* client.text("\0")).slice(0, -1) : fixed.subarray(4, 8).join(".")
  if (credentials !== undefined && user !== credentials.username) {
    client.wire.send(Uint8Array.of(0x00, 0x5d, 0, 0, 0, 0, 0, 0))
    return undefined
  }
  const granted = Uint8Array.of(0x00, 0x5a, 0, 0, 0, 0, 0, 0)
  return { host, port: (fixed[2]! << 8) | fixed[3]!, granted, failed: Uint8Array.of(0x00, 0x5b, 0, 0, 0, 0, 0, 0) }
})

/** RFC 1928, RFC 1929. */
const socks5 = Effect.fnUntraced(function* (client: Client, { credentials }: Options) {
  const methods = yield* client.bytes((yield* client.bytes(2))[1]!)
  const method = credentials === undefined ? 0x00 : 0x02
  if (!methods.includes(method)) {
    client.wire.send(Uint8Array.of(0x05, 0xff))
    return undefined
  }
  client.wire.send(Uint8Array.of(0x05, method))
  if (credentials !== undefined) {
    const username = yield* client.bytes((yield* client.bytes(2))[1]!)
    const password = yield* client.bytes((yield* client.bytes(1))[0]!)
    const isKnown = `${utf8(username)}\0${utf8(password)}` === `${credentials.username}\0${credentials.password}`
    client.wire.send(Uint8Array.of(0x01, isKnown ? 0x00 : 0x01))
    if (!isKnown) return undefined
  }
  const [, , , type] = yield* client.bytes(4)
  const length = type === 0x03 ? (yield* client.bytes(1))[0]! : type === 0x01 ? 4 : 16
  const address = yield* client.bytes(length)
  const port = Buffer.from(yield* client.bytes(2)).readUInt16BE()
  const reply = (code: number) => Uint8Array.of(0x05, code, 0x00, 0x01, 0, 0, 0, 0, 0, 0)
  return { host: hostOf(type!, address), port, granted: reply(0x00), failed: reply(0x05) }
})

const requests: Record<
  Options["kind"],
  (client: Client, options: Options) => Effect.Effect<Request | undefined, Cause.Done>
> = { http: connect, socks4, socks5 }

const hostOf = (type: number, address: Uint8Array): string => {
  if (type === 0x03) return utf8(address)
  if (type === 0x01) return address.join(".")
  return Buffer.from(address)
    .toString("hex")
    .replaceAll(/....(?=.)/g, "$&:")
}

const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const latin1 = (text: string) => Buffer.from(text, "latin1")
