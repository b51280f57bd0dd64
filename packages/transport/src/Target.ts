/** What a program that opens a byte stream says, whoever opens it. */
import type { Report } from "./DialStep.ts"
import type { TlsOptions } from "./TlsOptions.ts"

/** Where to connect. */
export interface Target {
  /** A host name or an IP literal, IPv6 without brackets. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** How to secure the connection; undefined for plain TCP. */
  readonly tls?: TlsOptions | undefined
  /** Called synchronously when a stage starts and when it ends. Must not throw. */
  readonly report: Report
}
