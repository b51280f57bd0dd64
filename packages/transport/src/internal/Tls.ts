/**
 * TLS, as a function from byte stream to byte stream (client side, version 1.2 or newer). Everything that can fail without the
 * network is prepared first. The engine verifies the certificate chain. After each handshake `ServerIdentity` decides whether
 * the certificate is for the intended server, and only then a session is kept.
 */
import * as Net from "node:net"
import type * as Tls from "node:tls"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ByteStream } from "../ByteStream.ts"
import { during } from "../DialStep.ts"
import type { Destination } from "../Target.ts"
import type { TlsOptions } from "../TlsOptions.ts"
import { TlsCheck, type TlsServer } from "../TlsService.ts"
import type { TransportError } from "../TransportError.ts"
import { direct, type Hop } from "./Hop.ts"
import * as HostName from "./HostName.ts"
import * as Keylog from "./Keylog.ts"
import { optionError } from "./NodeError.ts"
import * as Naming from "./proxy/Naming.ts"
import * as ServerIdentity from "./ServerIdentity.ts"
import * as SpanAttributes from "./SpanAttributes.ts"
import * as TlsContexts from "./TlsContexts.ts"
import * as TlsEngine from "./TlsEngine.ts"
import { type Session, TlsMemory } from "./TlsMemory.ts"

/** Whom to speak TLS with: the server at the end of a dial, or a proxy on the way there. */
export interface Peer extends Destination {
  /** Undefined leaves the stream as it is. */
  readonly tls?: TlsOptions | undefined
  /** The proxy's URL without secrets, if the peer is a proxy. */
  readonly proxyUrl?: string | undefined
}

/** Reads and checks the certificates for a peer, and returns the hop that secures a connection to it. Runs before the dial. */
export type Prepare = (peer: Peer) => Effect.Effect<Hop, TransportError>

/** Made once for each `Transport`, since it remembers what makes later dials cheaper. */
export const make = (): Prepare => {
  const memory = new TlsMemory()
  return (peer) =>
    peer.tls === undefined ? plain : Effect.map(Naming.of(peer.proxyUrl, prepared(memory, peer, peer.tls)), secure)
}

const plain = Effect.succeed(direct)

interface Prepared {
  readonly peer: Peer
  readonly options: TlsOptions
  /** The name or address that we ask for. */
  readonly asksFor: string
  /** The name that the certificate must have; undefined if it may have any. */
  readonly verifies: string | undefined
  readonly context: Tls.SecureContext
  readonly memory: TlsMemory
  readonly check: (server: TlsServer) => Effect.Effect<string | undefined>
  readonly writeSecrets: Keylog.Write | undefined
}

const prepared = Effect.fnUntraced(function* (
  memory: TlsMemory,
  peer: Peer,
  options: TlsOptions
): Effect.fn.Return<Prepared, TransportError> {
  const { identity, keylog, verify } = options
  if (identity !== undefined && verify !== "full") {
    return yield* optionError("identity", `it has no effect with verify: "${verify}"`)
  }
  const context = yield* TlsContexts.make(memory, peer, options)
  const asked = options.serverName ?? peer.host
  const asksFor = HostName.parse(asked)
  if (asksFor === undefined) return yield* noName(options.serverName === undefined ? "host" : "serverName", asked)
  const isFor = HostName.parse(identity ?? asked)
  if (isFor === undefined) return yield* noName("identity", identity!)
  const verifies = verify === "full" ? isFor : undefined
  const writeSecrets = keylog && (yield* Keylog.open(keylog.path))
  return { peer, options, asksFor, verifies, context, memory, check: yield* TlsCheck, writeSecrets }
})

const noName = (option: string, host: string) => optionError(option, `"${host}" is not the name of a host`)

const secure =
  (prepared: Prepared): Hop =>
  (stream) =>
    during(Naming.of(prepared.peer.proxyUrl, handshake(stream, prepared)), {
      report: prepared.peer.report,
      stage: "tls",
      detail: prepared.options.serverName ?? prepared.peer.host,
      outcome: ({ info: { tls } }) =>
        [`${tls?.version} ${tls?.cipher}`, tls?.resumed && "resumed", !tls?.authorized && "not verified"]
          .filter(Boolean)
          .join(", "),
      facts: ({ info }) => SpanAttributes.secured(info.tls)
    })

const handshake = Effect.fnUntraced(function* (
  below: ByteStream,
  { asksFor, check, context, memory, options, peer, verifies: name, writeSecrets }: Prepared
): Effect.fn.Return<ByteStream, TransportError, Scope.Scope> {
  const { host, port, proxyUrl, socketPath } = peer
  const now = yield* Clock.currentTimeMillis
  const server = JSON.stringify([host, port, socketPath, asksFor, options.verify])
  const remembered = options.resumption ? memory.take(context, server, now) : undefined
  let shown: ServerIdentity.Shown | undefined

  const tickets = new Tickets(memory)

  const { stream, tls } = yield* TlsEngine.open(below, {
    options: {
      host: asksFor,
      // RFC 6066 §3: no literal addresses, and no trailing dot.
      servername: Net.isIP(asksFor) === 0 ? asksFor.replace(/\.$/, "") : "",
      secureContext: context,
      rejectUnauthorized: options.verify !== "none",
      checkServerIdentity: checkedLater,
      ALPNProtocols: typeof options.alpn === "string" ? [options.alpn] : [...options.alpn],
      ...(remembered && { session: Buffer.from(remembered.ticket) })
    },
    hasCertificate: (options.cert ?? options.pfx) !== undefined,
    info: (tls) => {
      shown = tls.isSessionReused() ? remembered?.shown : ServerIdentity.shownBy(tls)
      return { ...below.info, tls: TlsEngine.infoOf(tls, shown, { chain: options.verify !== "none", name }) }
    },
    named: Naming.named(proxyUrl),
    onSession: options.resumption ? tickets.keep : undefined,
    onSecret: writeSecrets
  })
  yield* ServerIdentity.verify(shown, { name, pins: options.pins, check, host, port }).pipe(
    Effect.onError(() => Effect.sync(() => stream.destroy()))
  )
  const verifiedAt = tls.isSessionReused() ? remembered!.verifiedAt : now
  const areNew = tickets.verified({ context, server, shown, verifiedAt })
  // A session of TLS 1.2 may be resumed again (RFC 5077 §5.6), and its server need not send another ticket.
  if (tls.isSessionReused() && !areNew && tls.getProtocol() === "TLSv1.2") tickets.keep(remembered!.ticket)
  return stream
})

/** Keeps the tickets of one connection. The engine holds it while the connection is open, so it holds nothing of the dial. */
class Tickets {
  readonly #memory: TlsMemory
  #session: Omit<Session, "ticket"> | undefined
  /** Tickets that came before the server was verified: with TLS 1.2 they come within the handshake, with TLS 1.3 after it. */
  #early: Array<Uint8Array> = []
  readonly keep: (ticket: Uint8Array) => void

  constructor(memory: TlsMemory) {
    this.#memory = memory
    const keep = (ticket: Uint8Array) => {
      if (this.#session === undefined) this.#early.push(ticket)
      else this.#memory.keep({ ...this.#session, ticket })
    }
    this.keep = keep
  }

  /** The server is verified: keeps the tickets that came before, and returns whether there were any. */
  verified(session: Omit<Session, "ticket">): boolean {
    const early = this.#early
    this.#session = session
    this.#early = []
    for (const ticket of early) this.keep(ticket)
    return early.length > 0
  }
}

/** Accepts any name. Node would check only full handshakes; `ServerIdentity` checks every one afterwards. */
const checkedLater = () => undefined
