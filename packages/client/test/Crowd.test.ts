import { assert, describe, it } from "@effect/vitest"
import { Crowd } from "../src/internal/Crowd.ts"

class Named {
  seat: number | undefined
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

describe("Crowd", () => {
  it("has those that were added and not removed, in whatever order they go", () => {
    const crowd = new Crowd<Named>()
    const [a, b, c, d] = [new Named("a"), new Named("b"), new Named("c"), new Named("d")]
    for (const one of [a, b, c, d]) crowd.add(one)
    assert.isTrue(crowd.remove(a))
    assert.isTrue(crowd.remove(c))
    assert.sameMembers(
      [...crowd].map(({ name }) => name),
      ["b", "d"]
    )
    crowd.add(a)
    assert.isTrue(crowd.remove(d))
    assert.isTrue(crowd.remove(b))
    assert.deepStrictEqual([...crowd], [a])
  })

  it("a member is added once, and removed once", () => {
    const crowd = new Crowd<Named>()
    const a = new Named("a")
    crowd.add(a)
    crowd.add(a)
    assert.lengthOf([...crowd], 1)
    assert.isTrue(crowd.remove(a))
    assert.isFalse(crowd.remove(a))
    assert.lengthOf([...crowd], 0)
  })
})
