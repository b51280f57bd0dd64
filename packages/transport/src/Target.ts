/** What a program that opens a byte stream says, whoever opens it. */
import type { Report } from "./DialStep.ts"
import type { TlsOptions } from "./TlsOptions.ts"

/** What is connected to directly. */
export interface Destination {
  /** A host name or an IP literal, IPv6 without brackets. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Called synchronously when a stage starts and when it ends. Must not throw. */
  readonly report: Report
}

/** Where to connect, and what the connection has to be. */
export interface Target extends Destination {
  /** How to secure the connection; undefined for plain TCP. */
  readonly tls?: TlsOptions | undefined
}
