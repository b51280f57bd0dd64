/**
 * The line that a person types in a terminal. What is printed meanwhile stands above it, and leaves it as it was.
 *
 * While lines are taken, each key is readline's. Before and afterwards the terminal is as it was found.
 */
import * as Readline from "node:readline"
import type { Readable, Writable } from "node:stream"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type PlatformError, systemError } from "effect/PlatformError"
import * as Queue from "effect/Queue"
import * as Sink from "effect/Sink"
import { Stdio } from "effect/Stdio"
import * as Stream from "effect/Stream"

/** Both directions of the terminal, and what Ctrl-C and Ctrl-Z do. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
  readonly interrupt: () => void
  readonly suspend: (resumed: () => void) => void
}

export const Terminal = Context.Reference<Terminal>("@effect-websocket/wsdump/Terminal", {
  defaultValue: () => ({
    input: process.stdin,
    output: process.stdout,
    interrupt: () => process.emit("SIGINT"),
    suspend
  })
})

/** Stops the whole job, as the terminal would. readline stops only this process, and its parent, such as npx, would wait. */
const suspend = (resumed: () => void) => {
  process.stdin.setRawMode(false)
  process.kill(0, "SIGTSTP")
  // Runs when the job is continued; or at once, if nobody could continue it, so that the system did not stop it.
  setImmediate(() => {
    process.stdin.setRawMode(true)
    resumed()
  })
}

/** An input that is typed, and an output and a console that know of it. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const terminal = yield* Terminal
    const stdio = yield* Stdio
    const console = yield* Console.Console
    const typing = new Typing(terminal)
    // The callback of the write gets the error too.
    terminal.output.on("error", () => {})
    const error = (...words: ReadonlyArray<unknown>) => typing.above(() => console.error(...words))
    return Layer.mergeAll(
      Layer.succeed(Stdio, { ...stdio, stdin: typing.lines, stdout: () => printed(typing, terminal.output) }),
      Layer.succeed(Console.Console, Object.assign(Object.create(console), { error }))
    )
  })
)

/** Each chunk ends its line. */
const printed = (typing: Typing, output: Writable) => {
  const print = (chunk: string | Uint8Array) =>
    Effect.callback<void, PlatformError>((resume) => {
      const done = (error?: Error | null) => resume(error ? Effect.fail(failed("stdout", error)) : Effect.void)
      typing.above(() => output.write(chunk, done))
    })
  return Sink.forEach(print)
}

class Typing {
  private readonly terminal: Terminal
  private line: Readline.Interface | undefined

  constructor(terminal: Terminal) {
    this.terminal = terminal
  }

  /** The typed lines, as bytes that end in a line feed, until Ctrl-D. */
  readonly lines = Stream.callback<Uint8Array, PlatformError>(
    (queue) =>
      Effect.acquireRelease(
        Effect.sync(() => this.open(queue)),
        () => Effect.sync(() => this.close())
      ),
    { bufferSize: maxTypedLines }
  )

  /** Prints, and then draws the line that is being typed again below. */
  above(print: () => void): void {
    const rows = this.erase()
    print()
    this.draw(rows)
  }

  private open(queue: Queue.Queue<Uint8Array, PlatformError | Cause.Done>): void {
    const { input, interrupt, output, suspend } = this.terminal
    const line = Readline.createInterface({
      input,
      output,
      terminal: true,
      prompt,
      crlfDelay: Number.POSITIVE_INFINITY
    })
    const fail = (cause: unknown) => Queue.failCauseUnsafe(queue, Cause.fail(failed("stdin", cause)))
    line.on("line", (text) => {
      if (!Queue.offerUnsafe(queue, utf8.encode(`${text}\n`))) fail(tooMany)
      line.prompt()
    })
    line.on("SIGINT", interrupt)
    line.on("SIGTSTP", () => suspend(() => this.draw(line.getCursorPos().rows)))
    line.on("close", () => {
      this.erase()
      this.line = undefined
      Queue.endUnsafe(queue)
    })
    line.on("error", fail)
    line.prompt()
    this.line = line
  }

  private close(): void {
    this.line?.close()
  }

  /** Removes the line that is being typed. Returns how many of its rows were above the cursor. */
  private erase(): number {
    if (this.line === undefined) return 0
    const { output } = this.terminal
    const { rows } = this.line.getCursorPos()
    Readline.moveCursor(output, 0, -rows)
    Readline.cursorTo(output, 0)
    Readline.clearScreenDown(output)
    return rows
  }

  /** Draws the line that is being typed. readline goes up `rows` rows before that, so they are made first. */
  private draw(rows: number): void {
    this.terminal.output.write("\n".repeat(rows))
    this.line?.prompt(true)
  }
}

const failed = (method: "stdin" | "stdout", cause: unknown) =>
  systemError({ module: "Stdio", method, _tag: "Unknown", cause })

/** What is pasted while the server takes nothing. To leave it unread would be to miss Ctrl-C. */
export const maxTypedLines = 0x4000
const tooMany = new Error(`more than ${maxTypedLines} lines wait to be sent`)

const utf8 = new TextEncoder()
const prompt = "> "
