/**
 * Operating system <-> byte streams, as scoped resources. Start at `Transport`, which opens them; `ByteStream` is the
 * contract that everything above builds on; `TransportError` is all that can fail.
 */
export { AddressOptions, type AddressSchema } from "./AddressOptions.ts"
export {
  type Address,
  type ByteSink,
  type ByteStream,
  type ConnectionInfo,
  type PeerCertificate,
  type TlsInfo,
  wrapStream
} from "./ByteStream.ts"
export type { DialStage, DialStep, Report } from "./DialStep.ts"
export * as NodePlatform from "./NodePlatform.ts"
export * as OptionSchema from "./OptionSchema.ts"
export { escapePeerText } from "./PeerText.ts"
export { ProxyFailed, ProxyProblem } from "./ProxyFailed.ts"
export { NoProxy, ProxyOptions } from "./ProxyOptions.ts"
export * as Resolver from "./Resolver.ts"
export { SocketOptions, type SocketSchema } from "./SocketOptions.ts"
export * as Span from "./Span.ts"
export type { Destination, Target } from "./Target.ts"
export { Pem, SecretPem, TlsOptions, type TlsSchema } from "./TlsOptions.ts"
export { TlsCheck, TlsContext, type TlsServer } from "./TlsService.ts"
export { Transport } from "./Transport.ts"
export {
  HostNotFound,
  Refused,
  Reset,
  TimedOut,
  TlsFailed,
  TlsProblem,
  TransportError,
  TransportReason,
  Unreachable
} from "./TransportError.ts"
