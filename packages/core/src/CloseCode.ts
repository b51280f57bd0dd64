/**
 * Close codes: which numbers may appear in a Close frame (RFC 6455 §7.4 and the IANA registry that it created).
 *
 * Only this module knows the ranges; `ClosePayload` knows what a Close frame looks like.
 */

/** The connection has done its work. */
export const normal = 1000
/** The endpoint goes away: a server stops, or a program was interrupted. */
export const goingAway = 1001
export const protocolError = 1002
export const unsupportedData = 1003
/** Never on the wire: the peer's Close frame had no code (RFC 6455 §7.1.5). */
export const noStatusReceived = 1005
/** Never on the wire: the connection ended without a Close frame (RFC 6455 §7.1.5). */
export const abnormalClosure = 1006
export const invalidFramePayloadData = 1007
export const policyViolation = 1008
export const messageTooBig = 1009
export const mandatoryExtension = 1010
export const internalError = 1011
/** Not in RFC 6455, but registered with IANA, as are the next two: the server restarts. */
export const serviceRestart = 1012
/** The server is overloaded. */
export const tryAgainLater = 1013
/** A gateway got no valid answer from the server behind it. */
export const badGateway = 1014
/** Never on the wire: the TLS handshake failed. */
export const tlsHandshake = 1015

/**
 * Whether this code may be sent in a Close frame. Codes 3000 to 3999 are for libraries and frameworks, 4000 to 4999 for
 * programs. 1004 is reserved without a meaning; 1005, 1006 and 1015 are for local use, 1016 to 2999 for future RFCs.
 */
export const isTransmittable = (closeCode: number): boolean =>
  Number.isInteger(closeCode) &&
  ((closeCode >= 1000 && closeCode <= 1003) ||
    (closeCode >= 1007 && closeCode <= 1014) ||
    (closeCode >= 3000 && closeCode <= 4999))
