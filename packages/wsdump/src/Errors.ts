/** What can go wrong in the tool itself. What can go wrong with a connection is the client's to say. */
import * as Data from "effect/Data"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"

/** Options that do not go together, or whose value cannot be used. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly problem: string }> {
  override get message() {
    return `${this.problem}: see wsdump --help`
  }
}

/** A line of input that cannot be sent. Nothing of it was; what came before it was. */
export class InputInvalid extends Data.TaggedError("InputInvalid")<{
  /** Counted from 1. */
  readonly line: number
  readonly problem: string
}> {
  override get message() {
    return `Line ${this.line} of the input was not sent: ${this.problem}`
  }
}

/** What was asked for did not come. */
export class TooFew extends Data.TaggedError("TooFew")<{ readonly count: number; readonly came: number }> {
  override get message() {
    return `${this.came} of ${this.count} messages came: raise --eof-wait if the server needs longer`
  }
}

/** `--timeout` passed. */
export class OutOfTime extends Data.TaggedError("OutOfTime")<{ readonly seconds: number }> {
  override get message() {
    return `The conversation was not over after ${this.seconds} s: raise --timeout, or leave it out`
  }
}

/** A file or the input could not be read to its end, or the output not be written. */
export class IoFailed extends Data.TaggedError("IoFailed")<{
  readonly what: "input" | "output" | `file ${string}`
  readonly problem: string
}> {
  override get message() {
    return `The ${this.what} failed: ${this.problem}`
  }

  static of(what: IoFailed["what"], { message, reason }: PlatformError): IoFailed {
    return new IoFailed({ what, problem: Predicate.isError(reason.cause) ? reason.cause.message : message })
  }
}

/** Nobody reads what is printed any more, as after `| head -1`. */
export class ReaderLeft extends Data.TaggedError("ReaderLeft") {}
