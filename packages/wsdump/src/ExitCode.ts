/** What a script learns from how the program ended. README.md lists the same. */
import type { ConnectError, InvalidMessage, ReceiveError } from "@effect-websocket/client"
import * as Cause from "effect/Cause"
import type { CliError } from "effect/cli/CliError"
import * as Exit from "effect/Exit"
import type { PlatformError } from "effect/PlatformError"
import type { InputInvalid, IoFailed, OutOfTime, ReaderLeft, TooFew, UsageError } from "./Errors.ts"

export const ExitCode = {
  /** Closed by this side; by the peer with 1000, 1001 or no code; or whoever reads the output has left. */
  ok: 0,
  /** A file, the input or the output failed, or there is a fault in this program. */
  failed: 1,
  /** The options or the input cannot be used. */
  usage: 2,
  /** There was no connection. */
  notConnected: 3,
  /** The peer closed it with another code, which the message names. */
  closed: 4,
  /** It was lost, or failed because the peer broke a rule or a limit. */
  lost: 5,
  /** A deadline passed, or fewer messages came than `--count` asks for. */
  timeout: 6,
  /** By SIGINT, SIGTERM or SIGHUP, after the closing handshake; as shells have it. */
  interrupted: 130
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

export type Failure =
  | CliError
  | ConnectError
  | InputInvalid
  | InvalidMessage
  | OutOfTime
  | PlatformError
  | ReaderLeft
  | ReceiveError
  | IoFailed
  | TooFew
  | UsageError

export const ofExit = (exit: Exit.Exit<unknown, Failure>): ExitCode => {
  if (Exit.isSuccess(exit)) return ExitCode.ok
  if (Cause.hasInterruptsOnly(exit.cause)) return ExitCode.interrupted
  const reason = exit.cause.reasons.find(Cause.isFailReason)
  return reason === undefined ? ExitCode.failed : ofFailure(reason.error)
}

export const ofFailure = (failure: Failure): ExitCode => {
  switch (failure._tag) {
    case "ConnectError":
      return ofConnectError(failure)
    case "ConnectionClosed":
      return failure.by === "peer" ? ExitCode.closed : ExitCode.lost
    case "IdleTimeout":
    case "MessageTooBig":
    case "PongTimeout":
    case "ProtocolViolation":
    case "Stalled":
      return ExitCode.lost
    case "OutOfTime":
    case "TooFew":
      return ExitCode.timeout
    case "ReaderLeft":
      return ExitCode.ok
    case "PlatformError":
    case "IoFailed":
      return ExitCode.failed
    default:
      return ExitCode.usage
  }
}

const ofConnectError = ({ reason }: ConnectError): ExitCode => {
  switch (reason._tag) {
    case "InvalidUrl":
    case "InvalidOptions":
      return ExitCode.usage
    case "TlsFailed":
      return unusable.has(reason.problem) ? ExitCode.usage : ExitCode.notConnected
    case "ProxyFailed":
      return reason.problem === "bad proxy" ? ExitCode.usage : ExitCode.notConnected
    case "TimedOut":
      return ExitCode.timeout
    default:
      return ExitCode.notConnected
  }
}

/** Nothing was dialled. */
const unusable: ReadonlySet<string> = new Set(["bad option", "bad certificate file"])
