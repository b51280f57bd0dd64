/**
 * A tunnel through one proxy, as a hop: talks to the proxy over the byte stream below, which then is the tunnel. Bytes that
 * came after the proxy's answer are the first of the tunnel.
 */
import { isReadonlyArrayNonEmpty, type NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import * as AddressOptions from "../../AddressOptions.ts"
import { type ByteStream, wrapStream } from "../../ByteStream.ts"
import { during } from "../../DialStep.ts"
import { ProxyFailed } from "../../ProxyFailed.ts"
import { authorityOf, type Destination } from "../../Target.ts"
import { TransportError } from "../../TransportError.ts"
import * as HappyEyeballs from "../HappyEyeballs.ts"
import type { Hop } from "../Hop.ts"
import * as Tcp from "../Tcp.ts"
import * as Ip from "./Ip.ts"
import { type Kind, kinds } from "./Kinds.ts"
import * as ProxyServer from "./ProxyServer.ts"
import { type Endpoint, type Reader, type Refusal, refusal, type Tunnel } from "./Tunnel.ts"

export interface Place {
  readonly server: ProxyServer.ProxyServer
  /** The number of this proxy on the way: 1 for the first. */
  readonly hop: number
  /** Where the tunnel ends: the next proxy, or the target. */
  readonly to: Destination
}

export const through =
  ({ hop, server, to }: Place): Hop =>
  (below) => {
    const kind = kinds[server.scheme]!
    const proxy = ProxyServer.format(server)
    const failed = ({ _tag, ...why }: Refusal) =>
      new TransportError({ reason: new ProxyFailed({ proxy, hop, to: authorityOf(to), ...why }) })
    return Effect.flatMap(endpointOf(kind, to), (endpoint) => {
      const conversation = converse(below, kind.tunnel(endpoint, server)).pipe(
        Effect.mapError((why) => (why instanceof TransportError ? why : failed(why)))
      )
      const detail = `${proxy} to ${authorityOf(endpoint)}`
      const told = { report: to.report, stage: "proxy", detail, outcome: ({ outcome }: Opened) => outcome } as const
      return Effect.map(during(conversation, told), ({ leftover }) => startingWith(below, leftover))
    })
  }

/** What the proxy is asked for: the name if it takes names, otherwise an address. */
const endpointOf = (kind: Kind, to: Destination): Effect.Effect<Endpoint, TransportError> => {
  const { host, port, report } = to
  if (kind.takes === "names" || Ip.parse(host) !== undefined) return Effect.succeed({ host, port })
  const { family: wanted, firstFamily } = to.addresses ?? AddressOptions.defaults()
  const family = kind.takes === "IPv4 addresses" ? 4 : wanted
  const addresses = AddressOptions.AddressOptions.make({ family })
  return Effect.map(Tcp.resolve({ host, port, report, addresses }), (found) => {
    // A tunnel leads to one address only: the one that would be tried first without a proxy.
    const [first] = HappyEyeballs.interleave(found, firstFamily)
    return { host: first, port }
  })
}

interface Opened {
  readonly outcome: string
  readonly leftover: ReadonlyArray<Uint8Array>
}

const converse = Effect.fnUntraced(function* (
  stream: ByteStream,
  tunnel: Tunnel
): Effect.fn.Return<Opened, Refusal | TransportError> {
  const input = new Input(stream.pull)
  let turn = tunnel.next()
  while (turn.done !== true) {
    const { reader, send } = turn.value
    if (send.length > 0) stream.writeUnsafe([send])
    turn = tunnel.next(yield* input.read(reader))
  }
  const end = turn.value
  if (end._tag === "Refusal") return yield* Effect.fail(end)
  return { outcome: end.outcome, leftover: input.unread }
})

/** What the proxy sent, read piece by piece. */
class Input {
  unread: ReadonlyArray<Uint8Array> = []
  readonly #pull: ByteStream["pull"]

  constructor(pull: ByteStream["pull"]) {
    this.#pull = pull
  }

  read<A>(reader: Reader<A>): Effect.Effect<A, Refusal | TransportError> {
    return Effect.suspend(() => {
      while (this.unread.length > 0) {
        const [first, ...others] = this.unread
        const answer = reader.push(first!)
        this.unread = others
        if ("_tag" in answer) continue
        if (answer.leftover.length > 0) this.unread = [answer.leftover, ...others]
        return Effect.succeed(answer.value)
      }
      return Effect.flatMap(Effect.mapError(this.#pull, endedBy), (chunks) => {
        this.unread = chunks
        return this.read(reader)
      })
    })
  }
}

/** With TLS 1.3, a proxy that refuses our certificate says so instead of an answer. */
const endedBy = (end: Cause.Done | TransportError): Refusal | TransportError => {
  if (Cause.isDone(end)) return refusal("ended")
  return end.reason._tag === "TlsFailed" ? end : refusal("ended", end.message)
}

const startingWith = (stream: ByteStream, first: ReadonlyArray<Uint8Array>): ByteStream => {
  // Always wrapped: TLS must not take this for a socket that its engine could take over.
  if (!isReadonlyArrayNonEmpty(first)) return wrapStream(stream, {})
  let waiting: NonEmptyReadonlyArray<Uint8Array> | undefined = first
  const pull: ByteStream["pull"] = Effect.suspend((): Pull<NonEmptyReadonlyArray<Uint8Array>, TransportError> => {
    const chunks = waiting
    waiting = undefined
    return chunks === undefined ? stream.pull : Effect.succeed(chunks)
  })
  return wrapStream(stream, { pull })
}
