/** The local and remote address of a Node socket. A unix socket has none. */
import type * as Net from "node:net"
import type { Address, ConnectionInfo } from "../ByteStream.ts"

export const of = (socket: Net.Socket): ConnectionInfo => ({
  local: addressOf(socket.localAddress, socket.localPort),
  remote: addressOf(socket.remoteAddress, socket.remotePort),
  tls: undefined
})

const addressOf = (address: string | undefined, port: number | undefined): Address | undefined =>
  address === undefined || port === undefined ? undefined : { address, port }
