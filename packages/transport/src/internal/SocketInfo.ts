/** The local and remote address of a Node socket. A unix socket has none, and neither has one that is over. */
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import type { Address, ConnectionInfo } from "../ByteStream.ts"

export const of = (duplex: Duplex): ConnectionInfo => {
  if (!(duplex instanceof Net.Socket)) return none
  return {
    local: addressOf(duplex.localAddress, duplex.localPort),
    remote: addressOf(duplex.remoteAddress, duplex.remotePort),
    tls: undefined
  }
}

/** Nothing is known of what is no socket. */
export const none: ConnectionInfo = { local: undefined, remote: undefined, tls: undefined }

const addressOf = (address: string | undefined, port: number | undefined): Address | undefined =>
  address === undefined || port === undefined ? undefined : { address, port }
