/**
 * What happens while a connection is opened, told as it happens: each stage once when it starts and once when it
 * ends, whichever way. Whoever dials keeps the list and the clock; this package keeps neither.
 */
import type { TransportReason } from "./TransportError.ts"

/** Looking the host up, connecting to one address, the TLS handshake, or acquiring a custom socket. */
export type DialStage = "dns" | "tcp" | "tls" | "socket"

export type DialStep =
  | { readonly _tag: "Started"; readonly stage: DialStage; readonly detail: string }
  | {
      readonly _tag: "Ended"
      readonly stage: DialStage
      /** The host, the address (`127.0.0.1:443`) or the server name; at a successful end what came of it. */
      readonly detail: string
      /** Undefined when the stage succeeded. */
      readonly failure: TransportReason | "interrupted" | undefined
    }

export type Report = (step: DialStep) => void
