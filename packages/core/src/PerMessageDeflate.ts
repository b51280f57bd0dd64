/**
 * permessage-deflate (RFC 7692 §7.1): what to offer, what a server may answer, and what is then agreed. Pure and strict: an
 * answer that no offer allows fails the handshake.
 *
 * The platform compresses and inflates messages; `MessageEncoder` decides which are compressed.
 */
import type { InflaterOptions } from "./Compression.ts"
import * as Extensions from "./Extensions.ts"
import type { Check } from "./HandshakeInvalid.ts"

/** One of a client's offers, most preferred first. */
export interface Offer {
  /** Asks the server to reset its window after each message. */
  readonly serverNoContextTakeover?: boolean
  /** Says that we reset ours. */
  readonly clientNoContextTakeover?: boolean
  /** Asks the server for a window of at most 2^n bytes, 8 to 15. */
  readonly serverMaxWindowBits?: number
  /** True: the server may limit our window. 8 to 15: the same, and our window is at most 2^n bytes in any case. */
  readonly clientMaxWindowBits?: number | true
}

export interface Agreed {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  /** 8 to 15: the server's window is at most 2^n bytes. */
  readonly serverMaxWindowBits: number
  /** 8 to 15: the same for ours. */
  readonly clientMaxWindowBits: number
}

/** The window that one side compresses messages with, and the other inflates them with (RFC 7692 §7.1). */
export const windowOf = (sender: "client" | "server", agreed: Agreed): InflaterOptions =>
  sender === "client"
    ? { windowBits: agreed.clientMaxWindowBits, contextTakeover: !agreed.clientNoContextTakeover }
    : { windowBits: agreed.serverMaxWindowBits, contextTakeover: !agreed.serverNoContextTakeover }

/** The Sec-WebSocket-Extensions header for these offers. */
export const formatOffers = (offers: ReadonlyArray<Offer>): string =>
  offers.map((offer) => Extensions.format({ name, parameters: offerParameters(offer) })).join(", ")

/**
 * What the server's Sec-WebSocket-Extensions header agrees to, or the check that it fails. A server that declines sends no
 * header.
 */
export const agree = (offers: ReadonlyArray<Offer>, header: string): Agreed | Check => {
  const extensions = Extensions.parse(header)
  if (extensions === undefined) return "ExtensionMalformed"
  const offered = offers.length > 0 && extensions.every((extension) => extension.name === name)
  if (!offered) return "ExtensionNotOffered"
  if (extensions.length > 1) return "ExtensionRepeated"
  const answer = parseParameters(extensions[0]!.parameters, false)
  if (typeof answer === "string") return answer
  const offer = offers.find((offer) => allows(offer, answer))
  if (offer === undefined) return "ExtensionParameterNotOffered"
  return {
    serverNoContextTakeover: answer.server_no_context_takeover !== undefined,
    clientNoContextTakeover: answer.client_no_context_takeover !== undefined || offer.clientNoContextTakeover === true,
    serverMaxWindowBits: bitsOf(answer.server_max_window_bits),
    clientMaxWindowBits: Math.min(bitsOf(answer.client_max_window_bits), bitsOf(offer.clientMaxWindowBits))
  }
}

/**
 * The server's side: the first acceptable offer of a request, and the header that accepts it; undefined to decline. An offer
 * with an illegal parameter is declined (RFC 7692 §7.1); `OpeningHandshakeServer` has already refused a header that is no list
 * of offers.
 */
export const accept = (header: string): { readonly agreed: Agreed; readonly header: string } | undefined => {
  for (const { name: offered, parameters } of Extensions.parse(header) ?? []) {
    if (offered !== name) continue
    const offer = parseParameters(parameters, true)
    if (typeof offer === "string") continue
    const agreed = {
      serverNoContextTakeover: offer.server_no_context_takeover !== undefined,
      clientNoContextTakeover: offer.client_no_context_takeover !== undefined,
      serverMaxWindowBits: bitsOf(offer.server_max_window_bits),
      clientMaxWindowBits: bitsOf(offer.client_max_window_bits)
    }
    const answer = parameters.filter(([key, value]) => value !== undefined || key !== "client_max_window_bits")
    return { agreed, header: Extensions.format({ name, parameters: answer }) }
  }
  return undefined
}

interface Parameters {
  readonly server_no_context_takeover?: true
  readonly client_no_context_takeover?: true
  readonly server_max_window_bits?: number
  /** True: the server may set it. */
  readonly client_max_window_bits?: number | true
}

/** RFC 7692 §7.1: four parameters, each at most once, with or without a value. */
const kinds: Readonly<Record<keyof Parameters, "flag" | "bits">> = {
  server_no_context_takeover: "flag",
  client_no_context_takeover: "flag",
  server_max_window_bits: "bits",
  client_max_window_bits: "bits"
}

const parseParameters = (parameters: ReadonlyArray<Extensions.Parameter>, offered: boolean): Parameters | Check => {
  const read = new Map<string, true | number>()
  for (const [key, value] of parameters) {
    if (!Object.hasOwn(kinds, key)) return "ExtensionParameterUnknown"
    if (read.has(key)) return "ExtensionParameterRepeated"
    const flag = kinds[key as keyof Parameters] === "flag"
    // Only an offer may leave out the bits, and only for the client's window (RFC 7692 §7.1.2.2).
    const bare = flag || (offered && key === "client_max_window_bits")
    if (value === undefined ? !bare : flag || !windowBits.test(value)) return "ExtensionParameterValue"
    read.set(key, value === undefined ? true : Number(value))
  }
  return Object.fromEntries(read)
}

/** A decimal from 8 to 15 without leading zeros (RFC 7692 §7.1.2). */
const windowBits = /^(?:[89]|1[0-5])$/

const bitsOf = (bits: number | true | undefined): number => (typeof bits === "number" ? bits : maxWindowBits)

/** Whether a server may give this answer to this offer (RFC 7692 §7.1.1, §7.1.2). */
const allows = (offer: Offer, answer: Parameters): boolean => {
  const { client_max_window_bits: clientBits, server_max_window_bits: serverBits } = answer
  if (offer.serverNoContextTakeover === true && answer.server_no_context_takeover === undefined) return false
  if (offer.serverMaxWindowBits !== undefined) {
    if (serverBits === undefined || serverBits > offer.serverMaxWindowBits) return false
  }
  return clientBits === undefined || offer.clientMaxWindowBits !== undefined
}

const offerParameters = (offer: Offer): ReadonlyArray<Extensions.Parameter> => {
  const { clientMaxWindowBits, clientNoContextTakeover, serverMaxWindowBits, serverNoContextTakeover } = offer
  const parameters: Array<Extensions.Parameter> = []
  if (serverNoContextTakeover === true) parameters.push(["server_no_context_takeover", undefined])
  if (clientNoContextTakeover === true) parameters.push(["client_no_context_takeover", undefined])
  if (serverMaxWindowBits !== undefined) parameters.push(["server_max_window_bits", String(serverMaxWindowBits)])
  if (clientMaxWindowBits !== undefined) {
    parameters.push(["client_max_window_bits", clientMaxWindowBits === true ? undefined : String(clientMaxWindowBits)])
  }
  return parameters
}

const name = "permessage-deflate"

const maxWindowBits = 15
