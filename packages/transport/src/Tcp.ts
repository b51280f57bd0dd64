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
import * as NodeDuplex from "./internal/NodeDuplex.ts"
import { connectReason, lookupReason } from "./internal/NodeError.ts"
import { ReadBuffer } from "./internal/ReadBuffer.ts"
import type { Target } from "./Target.ts"
import { TransportError } from "./TransportError.ts"

/** The addresses of the host, in the resolver's order. An IP literal is its own address and no step. */
export const resolve = (target: Target): Effect.Effect<ReadonlyArray<string>, TransportError> => {
  const { host, report } = target
  if (Net.isIP(host) !== 0) return Effect.succeed([host])
  return during(lookup(host), { report, stage: "dns", detail: host, outcome: (addresses) => addresses.join(", ") })
}

/** Connects to the first address that answers. When none does, the error is of the first that was not unreachable. */
export const connect = Effect.fnUntraced(function* (
  target: Target,
  addresses: ReadonlyArray<string>
): Effect.fn.Return<ByteStream, TransportError, Scope.Scope> {
  const failures: Array<TransportError> = []
  for (const address of addresses) {
    const detail = format({ address, port: target.port })
    const attempt = during(connectOne(target, address, detail), { report: target.report, stage: "tcp", detail })
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

const connectOne = ({ port, tls }: Target, address: string, detail: string) => {
  // Node's TLS engine takes the socket's reads itself.
  const readBuffer = tls === undefined ? new ReadBuffer() : undefined
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
