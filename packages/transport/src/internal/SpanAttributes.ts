/**
 * The attributes of the spans of a dial, named by OpenTelemetry's semantic conventions (dns, network, server, tls, error). They
 * are in one place, since dashboards depend on them.
 */
import * as Net from "node:net"
import type { TlsInfo } from "../ByteStream.ts"
import type { DialStage } from "../DialStep.ts"

export type Attributes = Readonly<Record<string, unknown>>

/** The attributes known when a stage begins. `detail` is that of its step. */
export const begun = (stage: DialStage, detail: string): Attributes => {
  switch (stage) {
    case "dns":
      return { "dns.question.name": detail }
    case "tcp": {
      const { host, port } = split(detail)
      const type = Net.isIPv6(host) ? "ipv6" : "ipv4"
      return {
        "network.transport": "tcp",
        "network.type": type,
        "network.peer.address": host,
        "network.peer.port": port
      }
    }
    case "unix":
      return { "network.transport": "unix", "network.peer.address": detail }
    case "proxy": {
      const { host, port } = split(detail.replace(/^.*:\/\/| to .*$/g, ""))
      return { "server.address": host, "server.port": port }
    }
    case "tls":
      // An address is no server name, and is not sent as one (RFC 6066 §3).
      return Net.isIP(detail) === 0 ? { "tls.client.server_name": detail } : {}
    case "socket": {
      const { host, port } = split(detail)
      return { "server.address": host, "server.port": port }
    }
  }
}

export const found = (addresses: ReadonlyArray<string>): Attributes => ({ "dns.answers": addresses })

export const secured = (tls: TlsInfo | undefined): Attributes => {
  if (tls === undefined) return {}
  const [name = tls.version, version] = tls.version.split("v")
  return {
    "tls.established": true,
    "tls.protocol.name": name.toLowerCase(),
    "tls.protocol.version": version ?? tls.version,
    "tls.cipher": tls.cipher,
    ...(tls.alpn !== undefined && { "tls.next_protocol": tls.alpn })
  }
}

/** Why something failed. */
export const errorType = "error.type"

/** `127.0.0.1:443`, `[::1]:443`, `example.com:443`. */
const split = (detail: string): { readonly host: string; readonly port: number } => {
  const colon = detail.lastIndexOf(":")
  return { host: detail.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(detail.slice(colon + 1)) }
}
