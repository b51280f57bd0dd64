import { assert, describe, it } from "@effect/vitest"
import { allowed } from "../run/Cores.ts"

describe("Cores", () => {
  it.each([
    ["Cpus_allowed_list:\t0-1", [0, 1]],
    ["Cpus_allowed:\tff\nCpus_allowed_list:\t1-3,6\nMems_allowed:\t1", [1, 2, 3, 6]],
    ["Cpus_allowed_list:\t4", [4]],
    ["", []]
  ])("reads the kernel's list %j", (status, cores) => {
    assert.deepStrictEqual(allowed(status), cores)
  })
})
