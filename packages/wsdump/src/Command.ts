/** The command line: its name, its options and what it does with them. */

import * as Console from "effect/Console"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Stdio } from "effect/Stdio"
import { joined } from "./Arguments.ts"
import * as Asked from "./Asked.ts"
import { flags } from "./Flags.ts"
import * as Screen from "./Screen.ts"
import * as Session from "./Session.ts"
import * as Typing from "./Typing.ts"

const command = Command.make(
  "wsdump",
  flags,
  Effect.fnUntraced(function* (asked) {
    const conflict = Asked.conflict(asked)
    if (conflict !== undefined) return yield* conflict
    const stdio = yield* Stdio
    const terminal = yield* stdio.stdoutIsTerminal
    const { canColor } = yield* TerminalCapabilities
    const style = Asked.styleOf(asked, terminal, canColor)
    const isTalk = terminal && style.format === "shown" && (yield* stdio.stdinIsTerminal)
    const session = Screen.run(style, (screen) => Session.run(asked, screen, isTalk))
    yield* isTalk ? Effect.provide(session, Typing.layer) : session
  })
).pipe(
  Command.withDescription("Talk to a WebSocket server: prints each message, and sends each line of the input"),
  Command.withExamples([
    { command: "wsdump wss://example.org/feed", description: "Talk in a terminal" },
    { command: "echo hello | wsdump --count 1 ws://localhost:8080", description: "Send one message, print the answer" },
    {
      command: "wsdump --json --eof-wait forever wss://example.org/feed </dev/null | jq .text",
      description: "Only listen"
    }
  ])
)

export const wsdump = (version: string) =>
  Effect.gen(function* () {
    const { args } = yield* Stdio
    yield* Command.runWith(command, { version })(joined(yield* args))
  }).pipe(Effect.provide(layer))

/** `-v` is `--verbose`, and a call that cannot be understood gets its reason, on stderr, and not the whole help. */
const layer = Layer.mergeAll(
  CliConfig.layer({
    builtIns: [
      GlobalFlag.Help,
      {
        ...GlobalFlag.Version,
        flag: Flag.Boolean("version").pipe(
          Flag.withAlias("V"),
          Flag.withDescription("Show version information"),
          Flag.withDefault(false)
        )
      },
      GlobalFlag.Completions
    ]
  }),
  CliOutput.layerPresenter({
    present: (event) =>
      event._tag === "InvalidInvocation"
        ? Console.error(`wsdump: ${event.errors.map(({ message }) => message).join("\n")}\nSee wsdump --help`)
        : CliOutput.defaultPresenter.present(event)
  })
)
