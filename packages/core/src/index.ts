// biome-ignore-all assist/source/organizeImports: grouped like a table of contents
/**
 * The WebSocket protocol, pure and synchronous: bytes <-> protocol events, in both roles.
 *
 * Start at `Endpoint` (a connection once it is open) and `OpeningHandshake` (how it opens).
 */
// The open connection
export * as Endpoint from "./Endpoint.ts"
export * as ClosingHandshake from "./ClosingHandshake.ts"
export * as Assembler from "./Assembler.ts"
export * as MessageAssembler from "./MessageAssembler.ts"
export * as FragmentAssembler from "./FragmentAssembler.ts"
export * as FrameAssembler from "./FrameAssembler.ts"
export * as Limits from "./Limits.ts"
export type { Traffic } from "./Traffic.ts"
// How it opens
export * as OpeningHandshake from "./OpeningHandshake.ts"
export * as OpeningHandshakeServer from "./OpeningHandshakeServer.ts"
export * as HandshakeInvalid from "./HandshakeInvalid.ts"
export * as HttpResponse from "./HttpResponse.ts"
export * as HttpHead from "./HttpHead.ts"
export * as HttpBody from "./HttpBody.ts"
export * as Uri from "./Uri.ts"
// Frames
export * as FrameHeader from "./FrameHeader.ts"
export * as FrameDecoder from "./FrameDecoder.ts"
export * as FrameEncoder from "./FrameEncoder.ts"
export * as OutgoingMessage from "./OutgoingMessage.ts"
export * as MessageParts from "./MessageParts.ts"
export * as ClosePayload from "./ClosePayload.ts"
export { type NeedMore, needMore } from "./NeedMore.ts"
// Compression
export * as PerMessageDeflate from "./PerMessageDeflate.ts"
export * as Extensions from "./Extensions.ts"
export * as Compression from "./Compression.ts"
export * as Inflate from "./Inflate.ts"
export * as Window from "./Window.ts"
// The numbers and rules of the RFCs
export * as Opcode from "./Opcode.ts"
export * as CloseCode from "./CloseCode.ts"
export * as ProtocolViolation from "./ProtocolViolation.ts"
export * as InvalidMessage from "./InvalidMessage.ts"
// What the platform brings
export * as Platform from "./Platform.ts"
export * as Masking from "./Masking.ts"
export * as Utf8 from "./Utf8.ts"
