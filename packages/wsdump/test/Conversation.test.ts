/** The command in a pipe, against a server that shares no code with it. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Server from "./server.ts"
import { run, start } from "./spawned.ts"

const normal = { code: 1000, reason: "" }

describe("input and output", () => {
  it.live("each line is a message, each message a line, and no reply is lost when the input ends", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const outcome = yield* run([server.url, "--eof-wait", "0.5"], { input: "hello\nwörld\r\n\nlast" })
      assert.deepStrictEqual(outcome, { exitCode: 0, stdout: "hello\nwörld\n\nlast\n", stderr: "" })
      assert.deepStrictEqual(yield* server.closed, normal)
    })
  )

  it.live("without a wait, what the server says before it answers the Close is printed as well", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const { exitCode, stdout } = yield* run([server.url, "--eof-wait", "0"], { input: "hello" })
      assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 0, stdout: "hello\n" })
    })
  )

  it.live("by default, the answer to an answer is waited for", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => {
        peer.on("message", () => peer.send("one", () => peer.ping()))
        peer.on("pong", () => peer.send("two"))
      })
      const { exitCode, stdout } = yield* run([server.url], { input: "hello" })
      assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 0, stdout: "one\ntwo\n" })
    })
  )

  it.live("--eof-wait forever leaves the end to the server", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => {
        peer.ping()
        peer.on("pong", () => {
          peer.send("late")
          peer.close(1001)
        })
      })
      const outcome = yield* run([server.url, "--eof-wait", "forever"])
      assert.deepStrictEqual(outcome, { exitCode: 0, stdout: "late\n", stderr: "" })
    })
  )

  it.live("much input meets much output: both flow, all of it, in order", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const input = Array.from({ length: 200_000 }, (_, i) => `${i} some words to make a line of it\n`).join("")
      const { exitCode, stdout } = yield* run([server.url, "--eof-wait", "0.5"], { input })
      assert.strictEqual(exitCode, 0)
      assert.isTrue(stdout === input)
    })
  )

  it.live("--text comes first, then --binary, then the input; --count ends it while the input is open", () =>
    Effect.gen(function* () {
      const heard: Array<unknown> = []
      const server = yield* Server.start((peer) => {
        Server.into(heard)(peer)
        peer.on("message", () => heard.length === 4 && peer.send("enough"))
      })
      const command = yield* start([server.url, "-t", "a", "--text", "b", "-b", import.meta.filename, "--count", "1"])
      command.process.stdin?.write("line\n")
      assert.deepStrictEqual(yield* command.outcome, { exitCode: 0, stdout: "enough\n", stderr: "" })
      assert.deepStrictEqual([heard[0], heard[1], heard[3]], ["a", "b", "line"])
      assert.isAbove((heard[2] as ReadonlyArray<number>).length, 1000)
      assert.deepStrictEqual(yield* server.closed, normal)
    })
  )

  it.live("--slash: a line that begins with a slash is no message but a command", () =>
    Effect.gen(function* () {
      const heard: Array<unknown> = []
      const server = yield* Server.start((peer) => {
        Server.into(heard)(peer)
        for (const event of ["ping", "pong"]) peer.on(event, (data) => heard.push(`${event} ${data}`))
      })
      const input = "/pong there\nhello\n/ping are you?\n/close 4000 all done\nnot sent\n"
      const { exitCode, stderr, stdout } = yield* run([server.url, "--slash"], { input })
      assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
      assert.match(stdout, /^\* answered after \d+\.\d ms\n$/)
      assert.deepStrictEqual(heard, ["pong there", "hello", "ping are you?"])
      assert.deepStrictEqual(yield* server.closed, { code: 4000, reason: "all done" })
    })
  )

  for (const [line, why] of [
    ["/frobnicate", /Line 1 of the input was not sent: the commands are \/ping/],
    ["/close 1006", /Line 1 of the input was not sent: [^:]*a program may close with/],
    [`/ping ${"x".repeat(126)}`, /Line 1 of the input was not sent: [^:]*at most 125 bytes/]
  ] as const) {
    it.live(`--slash: ${line.slice(0, 20)} ends it: 2, and why`, () =>
      Effect.gen(function* () {
        const server = yield* Server.start(Server.echo)
        const { exitCode, stderr, stdout } = yield* run([server.url, "--slash"], { input: line })
        assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 2, stdout: "" })
        assert.match(stderr, why)
      })
    )
  }

  it.live("without --slash it is a message like any other", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const { stdout } = yield* run([server.url, "-c", "1"], { input: "/close" })
      assert.strictEqual(stdout, "/close\n")
    })
  )

  it.live("--count takes no more than that", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => {
        for (const text of ["1", "2", "3"]) peer.send(text)
      })
      const { exitCode, stdout } = yield* run([server.url, "-c", "2"])
      assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 0, stdout: "1\n2\n" })
    })
  )

  for (const [kind, line, bytes] of [
    ["hex", "00ff", [0, 255]],
    ["base64", "AP8=", [0, 255]]
  ] as const) {
    it.live(`--input ${kind} sends bytes, and they are shown in hex`, () =>
      Effect.gen(function* () {
        const heard: Array<unknown> = []
        const server = yield* Server.start((peer) => {
          Server.into(heard)(peer)
          Server.echo(peer)
        })
        const { exitCode, stdout } = yield* run([server.url, "--input", kind, "-c", "1"], { input: `${line}\n` })
        assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 0, stdout: "0x00ff\n" })
        assert.deepStrictEqual(heard, [bytes])
      })
    )
  }

  for (const [what, args, input] of [
    ["is no hex", ["--input", "hex"], "00\nzz\n01\n"],
    ["is not UTF-8", [], Uint8Array.of(0x30, 0x30, 0x0a, 0x61, 0xff, 0x0a, 0x30, 0x0a)]
  ] as const) {
    it.live(`a line that ${what} ends it, after what came before`, () =>
      Effect.gen(function* () {
        const heard: Array<unknown> = []
        const server = yield* Server.start(Server.into(heard))
        const { exitCode, stderr } = yield* run([server.url, ...args], { input })
        assert.strictEqual(exitCode, 2)
        assert.match(stderr, /^wsdump: Line 2 of the input was not sent: /)
        assert.deepStrictEqual(yield* server.closed, normal)
        assert.lengthOf(heard, 1)
      })
    )
  }

  it.live("S32: what acts on a terminal is escaped, and --raw and --json are exact", () =>
    Effect.gen(function* () {
      const nasty = "\u001b[2J\u009b\u202e\r\n\u007f"
      const server = yield* Server.start((peer) => peer.send(nasty))
      const { stdout } = yield* run([server.url, "-c", "1"])
      assert.strictEqual(stdout, "\\u{1b}[2J\\u{9b}\\u{202e}\\u{d}\\u{a}\\u{7f}\n")
      assert.strictEqual((yield* run([server.url, "-c", "1", "--raw"])).stdout, `${nasty}\n`)
      const { stdout: json } = yield* run([server.url, "-c", "1", "--json"])
      assert.match(json, /^[\x20-\x7e\n]*$/)
      assert.deepStrictEqual(JSON.parse(json.split("\n")[1]!), { type: "text", text: nasty })
    })
  )

  it.live("S32: a message that would inflate beyond the limit ends the connection", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => peer.send(new Uint8Array(0x8000000)), { perMessageDeflate: true })
      const { exitCode, stderr, stdout } = yield* run([server.url])
      assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 5, stdout: "" })
      assert.match(stderr, /exceeded --max-message \(\d+ of 1048576\)/)
    })
  )

  it.live("--raw prints bytes and nothing else", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => {
        peer.send(Uint8Array.of(0x41, 0x1b))
        peer.send(Uint8Array.of(0x42))
        peer.close()
      })
      assert.strictEqual((yield* run([server.url, "-r"])).stdout, "A\u001bB")
    })
  )

  it.live("--json tells the whole conversation, --pings with pings, --timings with times", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => {
        peer.on("message", () => peer.ping("p", undefined, () => peer.send(Uint8Array.of(7))))
        peer.on("pong", () => {
          peer.pong("q", undefined, () => peer.close(1000, "bye"))
        })
      })
      const { exitCode, stderr, stdout } = yield* run([server.url, "--json", "--pings", "--timings", "-t", "go"])
      assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
      const objects = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      for (const { seconds } of objects) assert.isAtLeast(seconds, 0)
      const close = { type: "close", closeCode: 1000, closeReason: "bye", by: "peer", clean: true, discarded: 0 }
      assert.sameDeepMembers(
        objects.map(({ seconds, ...rest }) => rest),
        [
          { type: "open", url: `${server.url}/` },
          { type: "ping", base64: "cA==" },
          { type: "binary", base64: "Bw==" },
          { type: "pong", base64: "cQ==" },
          close
        ]
      )
      assert.strictEqual(objects.at(-1).type, "close")
    })
  )
})

describe("how it ends", () => {
  for (const [what, end, exitCode, message] of [
    ["1000", (peer) => peer.close(1000), 0, /^$/],
    ["1001", (peer) => peer.close(1001), 0, /^$/],
    ["no code", (peer) => peer.close(), 0, /^$/],
    ["1011", (peer) => peer.close(1011, "oh"), 4, /closed the connection \(1011, "oh"\)/],
    ["4000", (peer) => peer.close(4000, "\u001b[2J"), 4, /\(4000, "\\u\{1b\}\[2J"\)/],
    ["no Close", (peer) => peer.terminate(), 5, /lost without a Close frame \(1006\)/]
  ] as ReadonlyArray<readonly [string, Parameters<typeof Server.start>[0], number, RegExp]>) {
    it.live(`the server ends with ${what}: ${exitCode}`, () =>
      Effect.gen(function* () {
        const server = yield* Server.start((peer) => peer.on("message", () => end(peer)))
        const outcome = yield* run([server.url, "-t", "end"], {})
        assert.strictEqual(outcome.exitCode, exitCode)
        assert.match(outcome.stderr, message)
        assert.strictEqual(outcome.stdout, "")
      })
    )
  }

  it.live("the server is killed in the middle of a message: 5, and what came before was printed", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => {
        peer.send("whole", () => {
          const { socket } = server.requests[0]!
          // A text of 100 bytes of which one comes.
          socket.write(Uint8Array.of(0x81, 100, 0x61), () => socket.resetAndDestroy())
        })
      })
      const { exitCode, stderr, stdout } = yield* run([server.url], {})
      assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 5, stdout: "whole\n" })
      assert.match(stderr, /lost without a Close frame/)
    })
  )

  it.live("the server breaks a rule: 5", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(() => server.requests[0]!.socket.write(Uint8Array.of(0x83, 0)))
      const { exitCode, stderr } = yield* run([server.url], {})
      assert.strictEqual(exitCode, 5)
      assert.match(stderr, /broke RFC 6455 §5\.2/)
      assert.strictEqual((yield* server.closed).code, 1002)
    })
  )

  it.live("--timeout passes: 6, after the closing handshake", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(() => {})
      const { exitCode, stderr } = yield* run([server.url, "--timeout", "0.1"], {})
      assert.strictEqual(exitCode, 6)
      assert.match(stderr, /not over after 0\.1 s/)
      assert.deepStrictEqual(yield* server.closed, normal)
    })
  )

  it.live(
    "--timeout passes while the server is deaf: 6, it is not waited for long, and --json tells how it ended",
    () =>
      Effect.gen(function* () {
        const server = yield* Server.start((peer) => peer.pause())
        const { exitCode, stdout } = yield* run([server.url, "--timeout", "0.1", "--json"], {})
        assert.strictEqual(exitCode, 6)
        assert.match(stdout, /"type":"close","closeCode":1006,.*"by":"us","clean":false/)
      })
  )

  it.live("fewer messages than --count: 6", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => peer.send("one", () => peer.close()))
      const { exitCode, stderr, stdout } = yield* run([server.url, "--count", "2"])
      assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 6, stdout: "one\n" })
      assert.match(stderr, /1 of 2 messages came/)
    })
  )

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it.live(`${signal}: 130, after the closing handshake, and what came is printed`, () =>
      Effect.gen(function* () {
        const here = yield* Deferred.make<void>()
        const server = yield* Server.start((peer) => {
          peer.on("message", () => peer.send("hello", () => peer.ping()))
          peer.on("pong", () => Deferred.doneUnsafe(here, Effect.void))
        })
        const command = yield* start([server.url, "--json", "-t", "go"])
        yield* Deferred.await(here)
        command.process.kill(signal)
        const { exitCode, stderr, stdout } = yield* command.outcome
        assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 130, stderr: "" })
        assert.match(stdout, /"hello".*\n.*"type":"close","closeCode":1000,.*"clean":true/)
        assert.deepStrictEqual(yield* server.closed, normal)
      })
    )
  }

  it.live("SIGINT while the server is deaf: it is told, and not waited for long", () =>
    Effect.gen(function* () {
      const here = yield* Deferred.make<void>()
      const server = yield* Server.start((peer) => {
        peer.on("message", () => {
          peer.pause()
          Deferred.doneUnsafe(here, Effect.void)
        })
      })
      const command = yield* start([server.url, "-t", "go"])
      yield* Deferred.await(here)
      command.process.kill("SIGINT")
      assert.strictEqual((yield* command.outcome).exitCode, 130)
    })
  )

  it.live("whoever reads the output leaves: 0 and no word, after the closing handshake", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => {
        peer.send("first")
        peer.on("message", () => peer.send("next"))
      })
      const command = yield* start([server.url], { unread: true })
      command.process.stdout!.once("data", () => {
        command.process.stdout!.destroy()
        command.process.stdin!.write("more\n")
      })
      const { exitCode, stderr } = yield* command.outcome
      assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
      assert.deepStrictEqual(yield* server.closed, normal)
    })
  )

  it.live("whoever reads stderr leaves: all goes on, to the closing handshake", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const command = yield* start([server.url, "-v", "-c", "2", "-t", "a"])
      const { stderr, stdin, stdout } = command.process
      stderr!.once("data", () => stderr!.destroy())
      stdout!.once("data", () => stdin!.write("b\n"))
      const { exitCode, stdout: printed } = yield* command.outcome
      assert.deepStrictEqual({ exitCode, printed }, { exitCode: 0, printed: "a\nb\n" })
      assert.deepStrictEqual(yield* server.closed, normal)
    })
  )

  it.live("nobody listens: 3; a name of no host: 3; a URL that is none: 2", () =>
    Effect.gen(function* () {
      const refused = yield* run(["ws://127.0.0.1:1/?token=s3cret", "-H", "Authorization: s3cret"])
      assert.strictEqual(refused.exitCode, 3)
      assert.match(refused.stderr, /^wsdump: No connection to ws:\/\/127\.0\.0\.1:1\/: 127\.0\.0\.1:1 refused/)
      assert.notInclude(refused.stderr, "s3cret")
      assert.strictEqual((yield* run(["ws://name.invalid/"])).exitCode, 3)
      assert.strictEqual((yield* run(["http://example.org/"])).exitCode, 2)
    })
  )

  it.live("the server refuses: 3, and its words are escaped", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(() => {}, { path: "/only" })
      const { exitCode, stderr } = yield* run([`${server.url}/other`])
      assert.strictEqual(exitCode, 3)
      assert.match(stderr, /HTTP 400/)
    })
  )
})
