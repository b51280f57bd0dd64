/**
 * From a host name to a TCP connection: looks the name up, then races its addresses (`HappyEyeballs`). Each attempt is a step.
 * `Transport` adds TLS and proxies on top.
 */
import * as Net from "node:net"
import { isReadonlyArrayNonEmpty, type NonEmptyReadonlyArray } from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as AddressOptions from "../AddressOptions.ts"
import { during } from "../DialStep.ts"
import { Resolver } from "../Resolver.ts"
import * as SocketOptions from "../SocketOptions.ts"
import { authorityOf, type Destination } from "../Target.ts"
import { HostNotFound, TransportError } from "../TransportError.ts"
import * as HappyEyeballs from "./HappyEyeballs.ts"
import type { Connect } from "./Hop.ts"
import { connectReason } from "./NodeError.ts"
import * as OpenDuplex from "./OpenDuplex.ts"
import { ReadBuffer } from "./ReadBuffer.ts"
import * as SpanAttributes from "./SpanAttributes.ts"

/** Connects to the address of the host that answers first. */
export const connect: Connect = (to, carriesTls) =>
  isAddress(to)
    ? connectOne(to, carriesTls, to.host)
    : Effect.flatMap(resolve(to), (found) => any(to, carriesTls, found))

/** Whether the host is an IP literal of the wanted family, so that there is nothing to look up. */
const isAddress = (to: Destination): boolean => {
  const family = familyOf(addressOptions(to))
  const own = Net.isIP(to.host)
  return own !== 0 && (family === "any" || family === own)
}

const any = (to: Destination, carriesTls: boolean, found: NonEmptyReadonlyArray<string>): ReturnType<Connect> => {
  const { attemptDelay, firstFamily, localPort, maxAddresses } = addressOptions(to)
  const [first, ...others] = HappyEyeballs.interleave(found, firstFamily).slice(0, maxAddresses)
  // Most hosts have one address, which needs no race.
  if (others.length === 0) return connectOne(to, carriesTls, first!)
  const raced = HappyEyeballs.race([first!, ...others], {
    delay: localPort === undefined ? attemptDelay : "sequential",
    connect: (address, isOvertaken) => connectOne(to, carriesTls, address, isOvertaken)
  })
  return Effect.mapError(raced, mostTelling)
}

/** The addresses to try. An IP literal is its own address, and no step is reported for it. */
export const resolve = (to: Destination): Effect.Effect<NonEmptyReadonlyArray<string>, TransportError> => {
  const { host, report } = to
  const { maxAddresses } = addressOptions(to)
  const family = familyOf(addressOptions(to))
  const ofFamily = (found: ReadonlyArray<string>): Effect.Effect<NonEmptyReadonlyArray<string>, TransportError> => {
    // The program's own resolver may return anything.
    const addresses = [...new Set(found)].filter((address) =>
      family === "any" ? Net.isIP(address) !== 0 : Net.isIP(address) === family
    )
    if (isReadonlyArrayNonEmpty(addresses)) return Effect.succeed(addresses)
    return Effect.fail(failed(new HostNotFound({ host, code: "ENODATA", ...(family !== "any" && { family }) })))
  }
  if (Net.isIP(host) !== 0) return ofFamily([host])
  return Effect.flatMap(Resolver, (resolver) => {
    const looked = Effect.flatMap(Effect.mapError(resolver.lookup(host, family), failed), ofFamily)
    return during(looked, {
      report,
      stage: "dns",
      detail: host,
      outcome: (addresses) => listed(addresses, maxAddresses),
      facts: (addresses) => SpanAttributes.found(addresses.slice(0, maxAddresses))
    })
  })
}

/** Whoever answers for the name decides how many there are. */
const listed = (addresses: ReadonlyArray<string>, most: number): string => {
  const shown = addresses.slice(0, most).join(", ")
  return addresses.length > most ? `${shown} and ${addresses.length - most} more` : shown
}

const failed = (reason: HostNotFound) => new TransportError({ reason })

/** A refusal or a reset tells more than an unreachable network: somebody is there. */
const mostTelling = (failures: NonEmptyReadonlyArray<TransportError>): TransportError =>
  failures.find(({ reason }) => reason._tag !== "Unreachable") ?? failures[0]

const connectOne = (to: Destination, carriesTls: boolean, address: string, isOvertaken?: () => boolean) => {
  const { port } = to
  const detail = authorityOf({ host: address, port })
  const readBuffer = carriesTls ? undefined : new ReadBuffer()
  const opened = OpenDuplex.open<Net.Socket>({
    readBuffer,
    create: () => Net.connect(nodeOptions(to, address, readBuffer)),
    ready: "connect",
    dialled: { address, port },
    reason: (error) => connectReason(detail, "tcp", error)
  })
  return during(opened, { report: to.report, stage: "tcp", detail, isOvertaken })
}

/** One literal without spreads: it is made for each dial. */
const nodeOptions = (to: Destination, address: string, readBuffer: ReadBuffer | undefined): Net.NetConnectOpts => {
  const { localAddress, localPort } = addressOptions(to)
  const { keepAlive, noDelay } = to.socket ?? SocketOptions.defaults()
  return {
    host: address,
    port: to.port,
    onread: readBuffer?.onread(),
    // The peer's end of stream leaves our write side open: a Close frame may have to go out after it.
    allowHalfOpen: true,
    localAddress,
    localPort,
    noDelay,
    keepAlive: keepAlive !== false,
    keepAliveInitialDelay: keepAlive === false ? 0 : Duration.toMillis(keepAlive)
  }
}

const addressOptions = ({ addresses = AddressOptions.defaults() }: Destination) => addresses

/** A local address limits the family: its socket cannot reach addresses of the other one. */
const familyOf = ({ family, localAddress }: AddressOptions.AddressOptions): 4 | 6 | "any" => {
  if (localAddress === undefined) return family
  return Net.isIPv6(localAddress) ? 6 : 4
}
