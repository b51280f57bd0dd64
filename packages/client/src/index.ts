/** The front door of `@effect-websocket/client`. Start with `WebSocket.connect`. */

export type { ClosedBy, CloseFrame, CloseInfo } from "./CloseInfo.ts"
// What can go wrong while connecting
export {
  ConnectError,
  ConnectReason,
  HandshakeInvalid,
  HandshakeRejected,
  InvalidOptions,
  InvalidUrl,
  type Step
} from "./ConnectError.ts"
// What connecting answers
export type { Connection, Message, Messages } from "./Connection.ts"
// What can go wrong on an open connection
export {
  type CloseCause,
  ConnectionClosed,
  InvalidMessage,
  MessageTooBig,
  PongTimeout,
  ProtocolViolation,
  type ReceiveError,
  type SendError,
  Stalled
} from "./Errors.ts"
// What can be said about a connection
export { ConnectOptions } from "./Options.ts"
export * as WebSocket from "./WebSocket.ts"
