import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { ConnectOptions } from "@effect-websocket/client"
import * as Duration from "effect/Duration"
import { defaults, maxRedirects } from "../src/Flags.ts"
import { maxLineBytes } from "../src/Input.ts"
import { maxShownBytes, maxShownCharacters } from "../src/Render.ts"
import { maxWaiting } from "../src/Screen.ts"
import { maxTypedLines } from "../src/Typing.ts"

const page = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8").replaceAll(/\s+/g, " ")

describe("the limits of the command", () => {
  it("are the client's where the client has them", () => {
    const { deadlines, limits } = ConnectOptions.make({})
    assert.strictEqual(defaults.maxMessage, limits.maxMessageBytes)
    assert.strictEqual(defaults.connectTimeout, Duration.toSeconds(deadlines.openTimeout))
  })

  it("are those of docs/limits.md and README.md", () => {
    const shown = `at most ${maxShownCharacters.toLocaleString("en")} characters of a text and ${maxShownBytes} bytes`
    const readme = page("../README.md")
    assert.include(readme, shown)
    assert.include(readme, `at most ${maxWaiting} writes`)
    assert.include(readme, `(\`-L\`), up to ${maxRedirects} of them`)
    assert.include(readme, `(${defaults.eofWait}, or \`forever\`)`)
    const limits = page("../../../docs/limits.md")
    assert.include(limits, `with it up to ${maxRedirects} are followed`)
    assert.include(limits, `${maxShownCharacters.toLocaleString("en")} characters of a text`)
    assert.include(limits, `${maxShownBytes} bytes of a binary one`)
    assert.include(limits, `may have ${maxLineBytes / 0x100000} MiB. `)
    assert.include(limits, `${maxTypedLines.toLocaleString("en")} typed or pasted lines may wait. `)
    assert.include(limits, ` ${maxWaiting} writes may wait`)
    assert.match(limits, new RegExp(`wsdump --max-message\` \\| ${defaults.maxMessage / 0x100000} MiB`))
    assert.match(limits, new RegExp(`wsdump --connect-timeout\` \\| ${defaults.connectTimeout} s`))
    assert.match(limits, new RegExp(`wsdump --eof-wait\` \\| ${defaults.eofWait} s`))
  })
})
