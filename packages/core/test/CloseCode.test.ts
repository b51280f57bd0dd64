import { assert, describe, it } from "@effect/vitest"
import * as CloseCode from "../src/CloseCode.ts"

/** RFC 6455 §7.4 and the IANA registry: the first and last number of each range. */
const ranges: ReadonlyArray<readonly [from: number, to: number, transmittable: boolean, why: string]> = [
  [0, 999, false, "not used"],
  [1000, 1003, true, "RFC 6455 §7.4.1"],
  [1004, 1004, false, "reserved, without a meaning"],
  [1005, 1006, false, "for local use"],
  [1007, 1011, true, "RFC 6455 §7.4.1"],
  [1012, 1014, true, "registered since"],
  [1015, 1015, false, "for local use"],
  [1016, 2999, false, "for future RFCs"],
  [3000, 3999, true, "libraries and frameworks"],
  [4000, 4999, true, "programs"],
  [5000, 0xffff, false, "outside every range"]
]

describe("CloseCode", () => {
  for (const [from, to, transmittable, why] of ranges) {
    it(`${from} to ${to} ${transmittable ? "may" : "must not"} travel in a Close frame: ${why}`, () => {
      for (let code = from; code <= to; code++) assert.strictEqual(CloseCode.isTransmittable(code), transmittable)
    })
  }

  it("a number that is not a whole one is no close code", () => {
    for (const code of [1000.5, Number.NaN, Infinity, -1000]) assert.isFalse(CloseCode.isTransmittable(code))
  })

  it("the names are the numbers of the RFC, and those registered since", () => {
    const { isTransmittable: _, ...names } = CloseCode
    assert.deepStrictEqual(
      { ...names },
      {
        normal: 1000,
        goingAway: 1001,
        protocolError: 1002,
        unsupportedData: 1003,
        noStatusReceived: 1005,
        abnormalClosure: 1006,
        invalidFramePayloadData: 1007,
        policyViolation: 1008,
        messageTooBig: 1009,
        mandatoryExtension: 1010,
        internalError: 1011,
        serviceRestart: 1012,
        tryAgainLater: 1013,
        badGateway: 1014,
        tlsHandshake: 1015
      }
    )
  })
})
