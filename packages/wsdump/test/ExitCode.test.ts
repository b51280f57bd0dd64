import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import {
  ConnectError,
  ConnectionClosed,
  HandshakeRejected,
  InvalidOptions,
  InvalidUrl,
  MessageTooBig,
  PongTimeout,
  ProtocolViolation
} from "@effect-websocket/client"
import { ProxyFailed, Refused, TimedOut, TlsFailed } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import * as PlatformError from "effect/PlatformError"
import { InputInvalid, IoFailed, OutOfTime, ReaderLeft, TooFew, UsageError } from "../src/Errors.ts"
import { ExitCode, type Failure, ofExit } from "../src/ExitCode.ts"

const connect = (reason: ConnectError["reason"]) => new ConnectError({ url: "ws://a/", reason, steps: [] })
const proxyFailed = (problem: ProxyFailed["problem"]) =>
  new ProxyFailed({ proxy: "", hop: 1, to: "", problem, detail: "" })
const closed = (by: ConnectionClosed["by"], closeCode: number) =>
  new ConnectionClosed({ by, closeCode, closeReason: "" })

const table: ReadonlyArray<readonly [Failure, ExitCode]> = [
  [new CliError.ShowHelp({ commandPath: [], errors: [new CliError.MissingArgument({ argument: "url" })] }), 2],
  [new UsageError({ problem: "" }), 2],
  [new InputInvalid({ line: 1, problem: "" }), 2],
  [connect(new InvalidUrl({ url: "", problem: "" })), 2],
  [connect(new InvalidOptions({ problem: "" })), 2],
  [connect(new TlsFailed({ problem: "bad option", detail: "" })), 2],
  [connect(new TlsFailed({ problem: "bad certificate file", detail: "" })), 2],
  [connect(proxyFailed("bad proxy")), 2],
  [connect(proxyFailed("refused")), 3],
  [connect(new Refused({ address: "" })), 3],
  [connect(new TlsFailed({ problem: "expired", detail: "" })), 3],
  [connect(new HandshakeRejected({ status: 403, statusText: "", headers: [], body: "", bodyTruncated: false })), 3],
  [connect(new TimedOut({ stage: "tcp" })), 6],
  [closed("peer", 1011), 4],
  [closed("peer", 4000), 4],
  [closed("network", 1006), 5],
  [new ProtocolViolation({ rule: "ReservedOpcode", closeCode: 1002, section: "" }), 5],
  [new MessageTooBig({ limit: "maxMessageBytes", allowed: 1, seen: 2 }), 5],
  [new PongTimeout({ interval: Duration.zero, timeout: Duration.zero, missed: 1 }), 5],
  [new OutOfTime({ seconds: 1 }), 6],
  [new TooFew({ count: 2, came: 1 }), 6],
  [new ReaderLeft(), 0],
  [new IoFailed({ what: "output", problem: "" }), 1],
  [PlatformError.systemError({ _tag: "NotFound", module: "FileSystem", method: "readFile" }), 1]
]

describe("the exit code", () => {
  for (const [failure, code] of table) {
    const problem = failure._tag === "ConnectError" && "problem" in failure.reason ? ` ${failure.reason.problem}` : ""
    const what = failure._tag === "ConnectError" ? `${failure._tag}, ${failure.reason._tag}${problem}` : failure._tag
    it(`${what}: ${code}`, () => assert.strictEqual(ofExit(Exit.fail(failure)), code))
  }

  it("success: 0", () => assert.strictEqual(ofExit(Exit.void), 0))
  it("a defect: 1", () => assert.strictEqual(ofExit(Exit.die("")), 1))
  it("interruption: 130", () => assert.strictEqual(ofExit(Exit.interrupt(1)), 130))
  it("a failure beside an interruption counts", () => {
    const cause = Cause.combine(Cause.interrupt(1), Cause.fail(new UsageError({ problem: "" })))
    assert.strictEqual(ofExit(Exit.failCause(cause)), 2)
  })

  it("README.md lists each of them", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
    const listed = [...readme.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code))
    assert.deepStrictEqual(listed, Object.values(ExitCode))
  })
})
