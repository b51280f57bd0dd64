import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Program from "./Program.ts"

describe("a package of Debian's that is missing is named, with the line that installs it", () => {
  it.live("when there is no such program", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Program.start("a-package", "/usr/bin/no-such-program", []))
      assert.include(error.message, "apt-get install a-package\n")
    })
  )

  it.live("when the program ends before it is ready", () =>
    Effect.gen(function* () {
      const program = yield* Program.start("a-package", "/usr/bin/python3", ["-I", "-c", "import no_such_module"])
      const error = yield* Effect.flip(Program.firstLine("a-package", program))
      assert.include(error.message, "apt-get install a-package\n")
      assert.include(error.message, "No module named 'no_such_module'")
    })
  )
})
