/**
 * From a host name to a TCP connection: look the name up, then try its addresses one after another, each a step of
 * its own. TLS comes after this, in `Tls`.
 */
import * as Dns from "node:dns"
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Address, ByteStream } from "./ByteStream.ts"
import { during } from "./DialStep.ts"
import type { Connect } from "./Hop.ts"
import * as NodeDuplex from "./internal/NodeDuplex.ts"
import { connectReason, lookupReason } from "./internal/NodeError.ts"
import { ReadBuffer } from "./internal/ReadBuffer.ts"
import type { Destination } from "./Target.ts"
import { TransportError } from "./TransportError.ts"

/** Connects to the first address of the host that answers. */
export const connect: Connect = (to, carriesTls) =>
  Effect.flatMap(resolve(to), (addresses) => connectAny(to, carriesTls, addresses))

/** The addresses of the host, in the resolver's order. An IP literal is its own address and no step. */
const resolve = (to: Destination): Effect.Effect<ReadonlyArray<string>, TransportError> => {
  const { host, report } = to
  if (Net.isIP(host) !== 0) return Effect.succeed([host])
  return during(lookup(host), { report, stage: "dns", detail: host, outcome: (addresses) => addresses.join(", ") })
}

/** When none answers, the error is of the first that was not unreachable. */
const connectAny = Effect.fnUntraced(function* (
  to: Destination,
  carriesTls: boolean,
  addresses: ReadonlyArray<string>
): Effect.fn.Return<ByteStream, TransportError, Scope.Scope> {
  const failures: Array<TransportError> = []
  for (const address of addresses) {
    const detail = format({ address, port: to.port })
    const attempt = during(connectOne(to, carriesTls, address, detail), { report: to.report, stage: "tcp", detail })
    const result = yield* Effect.result(attempt)
    if (result._tag === "Success") return result.success
    failures.push(result.failure)
  }
  return yield* failures.find(({ reason }) => reason._tag !== "Unreachable") ?? failures[0]!
})

const lookup = (host: string): Effect.Effect<ReadonlyArray<string>, TransportError> =>
  Effect.callback((resume) => {
    const fail = (error: unknown) => resume(Effect.fail(new TransportError({ reason: lookupReason(host, error) })))
    try {
      Dns.lookup(host, { all: true, order: "verbatim" }, (error, found) => {
        if (error !== null || found.length === 0) fail(error)
        else resume(Effect.succeed(found.map(({ address }) => address)))
      })
    } catch (error) {
      // The resolver throws for names that it cannot pass on, such as one with a NUL.
      fail(error)
    }
  })

const connectOne = ({ port }: Destination, carriesTls: boolean, address: string, detail: string) => {
  // Node's TLS engine takes the socket's reads itself.
  const readBuffer = carriesTls ? undefined : new ReadBuffer()
  return NodeDuplex.open<Net.Socket>({
    ...(readBuffer && { readBuffer }),
    create: () =>
      Net.connect({
        host: address,
        port,
        ...(readBuffer && { onread: readBuffer.option }),
        // The peer's end of stream leaves our write side open: a Close frame may have to go out after it.
        allowHalfOpen: true,

        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay
      }),
    ready: "connect",
    info: (socket) => ({
      local: addressOf(socket.localAddress, socket.localPort),
      remote: addressOf(socket.remoteAddress, socket.remotePort),
      tls: undefined
    }),
    reason: (error) => connectReason(detail, error)
  })
}

const addressOf = (address: string | undefined, port: number | undefined): Address | undefined =>
  address === undefined || port === undefined ? undefined : { address, port }

const format = ({ address, port }: Address): string =>
  Net.isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`

/** Milliseconds of silence before TCP asks whether the peer is still there. */
const keepAliveInitialDelay = 30_000
