/**
 * Which hosts are dialled directly although there is a proxy: the entries of `no_proxy`. Pure.
 *
 *     example.com         this name
 *     .example.com        this name and every name below it; *.example.com says the same
 *     192.0.2.1, ::1      this address, however it is written
 *     10.0.0.0/8          every address in this network; bits after the prefix are ignored
 *     *                   everything
 *
 * Names may be in any script. Names and addresses may end with a port, `example.com:8080` or `[::1]:8080`, and then count only
 * for that port. Case and a final dot are ignored. Names are never looked up, so a network covers only addresses in URLs. Any
 * other entry covers nothing.
 */
import * as HostName from "../HostName.ts"
import * as Ip from "./Ip.ts"

export interface Target {
  /** A host name or an IP literal, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

export const covers = (entries: ReadonlyArray<string>, target: Target): boolean =>
  entries.some((entry) => parse(entry)?.(target) === true)

/** The entries in the text of an environment variable. */
export const split = (text: string): ReadonlyArray<string> => text.split(/[\s,]+/).filter((entry) => entry !== "")

/** What an entry covers; undefined if it is illegal. */
export const parse = (entry: string): ((target: Target) => boolean) | undefined => {
  if (entry === "*") return () => true
  const network = Ip.parseNetwork(entry)
  if (network !== undefined) return ({ host }) => isIn(network, addressOf(host))
  const [, bracketed, plain, port] = withPort.exec(entry) ?? []
  const isPort = (other: number) => port === undefined || Number(port) === other
  // IPv6 without brackets has colons of its own, so it has no port.
  const address = Ip.parse(bracketed ?? plain ?? entry)
  if (address !== undefined) return (target) => isPort(target.port) && isSame(address, addressOf(target.host))
  const [, below, written] = suffix.exec(plain ?? "") ?? []
  const sought = written && asciiOf(written)
  if (!sought) return undefined
  const hasSuffix = below !== undefined
  return (target) => {
    const host = canonical(target.host)
    return isPort(target.port) && (host === sought || (hasSuffix && host.endsWith(`.${sought}`)))
  }
}

/** localhost, any name below it (RFC 6761 §6.3), and the loopback addresses. */
export const isLoopback = (host: string): boolean => {
  const address = addressOf(host)
  return address === undefined ? /(^|\.)localhost$/.test(canonical(host)) : Ip.isLoopback(address)
}

/** The address of a literal, without its zone, since entries have none. */
const addressOf = (host: string): Ip.Ip | undefined => Ip.parse(host.replace(/%.*$/, ""))

const isIn = (network: Ip.Network, address: Ip.Ip | undefined) => address !== undefined && Ip.contains(network, address)

const isSame = (one: Ip.Ip, other: Ip.Ip | undefined) => other !== undefined && Ip.format(one) === Ip.format(other)

/** The name as it would be in a URL; undefined if it is no name. */
const asciiOf = (written: string): string | undefined => {
  const ascii = isAscii.test(written) ? written : HostName.parse(written)
  return ascii !== undefined && name.test(ascii) ? canonical(ascii) : undefined
}

const canonical = (host: string): string => host.toLowerCase().replace(/\.$/, "")

const withPort = /^(?:\[([\dA-Fa-f:.]+)\]|([^:[\]/]+))(?::(\d{1,5}))?$/

const suffix = /^(\*?\.)?(.+)$/

const isAscii = /^[\0-\x7f]*$/

/** What ends in a number is an address in URLs, or nothing: a part of one, such as `10.` or `.2.1`, covers no network. */
const name = /^(?:[\w-]+\.)*(?!(?:\d+|0x[\da-f]*)\.?$)[\w-]+\.?$/i
