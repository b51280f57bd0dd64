#!/usr/bin/env node
/** The command `wsdump` as a process: input, output, signals and an exit code. */
import { createRequire } from "node:module"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Transport } from "@effect-websocket/transport"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { wsdump } from "./Command.ts"
import { type Failure, ofExit } from "./ExitCode.ts"
import * as Stdin from "./Stdin.ts"
import { words } from "./Words.ts"

/** The folder above is the package's, both for the sources and for what is published. */
const { version }: { readonly version: string } = createRequire(import.meta.url)("../package.json")

/** Prints the client's trace to stderr, since the output has only messages. */
const log = Logger.withConsoleError(Logger.make(({ message }) => [message].flat().join(" ")))

const silent: ReadonlySet<Failure["_tag"]> = new Set(["ReaderLeft", "ShowHelp"])

// The reader of stderr may leave before the end. Then Node would end the process without a closing handshake.
process.stderr.on("error", () => {})

// A closed terminal also asks for the end. Node would exit without a closing handshake.
process.on("SIGHUP", () => process.emit("SIGTERM"))

wsdump(version).pipe(
  Effect.provide(Stdin.layer),
  Effect.tapError((error) => (silent.has(error._tag) ? Effect.void : Console.error(`wsdump: ${words(error)}`))),
  Effect.tapDefect((defect) => Console.error("wsdump: there is a fault in this program", defect)),
  Effect.provide(Layer.mergeAll(NodeServices.layer, Transport.layer, Logger.layer([log]))),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // Exits explicitly: an input that was not read to its end would keep the process alive.
    teardown: (exit) => process.exit(ofExit(exit as Exit.Exit<void, Failure>))
  })
)
