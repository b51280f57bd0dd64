// biome-ignore-all assist/source/organizeImports: grouped like a table of contents
/** The front door of `@effect-websocket/client`. Start with `WebSocket.connect`. */
export * as WebSocket from "./WebSocket.ts"
// What connecting answers
export type { Connection, Message, Messages, Redirected, SendOptions } from "./Connection.ts"
export type { Delivered, Delivery, Fragment, FragmentBytes, Frame, MessageBytes, TextAs } from "./Delivery.ts"
export type { ClosedBy, CloseFrame, CloseInfo } from "./CloseInfo.ts"
export type { Latency } from "./Latency.ts"
// What messages mean to a program
export type { SchemaOptions, TypedMessages } from "./TypedMessages.ts"
export * as MessageCodec from "./MessageCodec.ts"
export * as Requests from "./Requests.ts"
export * as Subscriptions from "./Subscriptions.ts"
export * as AtLeastOnce from "./AtLeastOnce.ts"
export { DecodeFailed, EncodeFailed, RequestTimedOut, TooManySubscriptions } from "./MessageErrors.ts"
// What can be said about a connection
export { ConnectOptions } from "./Options.ts"
export { RedirectOptions } from "./RedirectOptions.ts"
export { TraceOptions } from "./TraceOptions.ts"
export * as CookieJar from "./CookieJar.ts"
// What can be watched
export * as Metrics from "./Metrics.ts"
// What can go wrong while connecting
export {
  ConnectError,
  ConnectReason,
  HandshakeInvalid,
  HandshakeRejected,
  InvalidOptions,
  InvalidUrl,
  OptionFailed,
  type Step
} from "./ConnectError.ts"
// What can go wrong on an open connection
export {
  type CloseCause,
  ConnectionClosed,
  IdleTimeout,
  InvalidMessage,
  MessageTooBig,
  PongTimeout,
  ProtocolViolation,
  type ReceiveError,
  type SendError,
  Stalled
} from "./Errors.ts"
// A client that connects again by itself
export * as Client from "./Client.ts"
export { ClientData, type ClientOptions } from "./ClientOptions.ts"
export * as Reconnect from "./Reconnect.ts"
export type { Loss, LostMessages, Status, StoppedBy } from "./Status.ts"
export { type ClientReceiveError, FateUnknown, type LossCause, NotSent, OnOpenFailed } from "./ClientErrors.ts"
