/** IP addresses and networks. `effect/net` is unstable, so only this file uses it. */
import * as IpInterface from "effect/net/IpInterface"
import * as IpNetwork from "effect/net/IpNetwork"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

export type Ip = NetAddress.IpAddress
export type Network = IpNetwork.IpNetwork

/** The address of a literal. An IPv4 address mapped into IPv6 becomes the IPv4 address. */
export const parse = (text: string): Ip | undefined => {
  const address = Result.getOrUndefined(NetAddress.ipFromString(text))
  return address && NetAddress.toCanonical(address)
}

/**
 * A network in CIDR notation. Bits after the prefix are ignored. A network of mapped IPv4 addresses becomes an IPv4 network.
 */
export const parseNetwork = (text: string): Network | undefined => {
  const network = Result.map(IpInterface.fromString(text, { prefix: "required" }), IpNetwork.fromInterface)
  return Result.getOrUndefined(Result.map(network, toCanonical))
}

const toCanonical = (network: Network): Network => {
  const { address, prefixLength } = network
  if (prefixLength < mappedPrefix || !NetAddress.isIpv6Address(address) || !NetAddress.isIpv4Mapped(address))
    return network
  return IpNetwork.makeUnsafe(NetAddress.toCanonical(address), prefixLength - mappedPrefix)
}

/** RFC 4291 §2.5.5.2: ::ffff:0:0/96. */
const mappedPrefix = 96

export const contains = (network: Network, address: Ip): boolean => IpNetwork.contains(network, address)

/** 127.0.0.0/8 and ::1. */
export const isLoopback = (address: Ip): boolean => NetAddress.isLoopback(address)

/** 4 or 16 octets, as on the wire. */
export const octets = (address: Ip): ReadonlyArray<number> =>
  NetAddress.isIpv4Address(address) ? NetAddress.ipv4ToOctets(address) : NetAddress.ipv6ToOctets(address)

export const format = (address: Ip): string => NetAddress.formatIp(address)
