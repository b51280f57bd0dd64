/** The local and remote address of a Node socket. A unix socket has none, and neither has one that either end has closed. */
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import type { Address, ConnectionInfo } from "../ByteStream.ts"

/** `dialled` is the remote address if the socket does not know it any more. */
export const of = (duplex: Duplex, dialled?: Address): ConnectionInfo => {
  if (!(duplex instanceof Net.Socket)) return { ...none, remote: dialled }
  return {
    local: addressOf(duplex.localAddress, duplex.localPort),
    remote: addressOf(duplex.remoteAddress, duplex.remotePort) ?? dialled,
    tls: undefined
  }
}

/** Nothing is known of what is no socket. */
export const none: ConnectionInfo = { local: undefined, remote: undefined, tls: undefined }

const addressOf = (address: string | undefined, port: number | undefined): Address | undefined =>
  address === undefined || port === undefined ? undefined : { address, port }
