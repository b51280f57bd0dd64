import { assert, describe, it } from "@effect/vitest"
import { type Bounds, type Ended, type Item, OutboxQueue } from "../src/internal/OutboxQueue.ts"

interface Named extends Item {
  readonly name: string
}

const item = (name: string, fields: Partial<Item> = {}): Named => ({
  name,
  messages: [name],
  bytes: name.length,
  durable: false,
  expires: undefined,
  ...fields
})

const durable = (name: string) => item(name, { durable: true })

const queue = (bounds: Partial<Bounds> = {}) =>
  new OutboxQueue<Named>({ maxMessages: 3, maxBytes: 100, overflow: "suspend", resend: true, ...bounds })

const names = (items: ReadonlyArray<Named>) => items.map(({ name }) => name)

const fates = ({ notSent, unknown }: Ended<Named>) => ({ notSent: names(notSent), unknown: names(unknown) })

const accepted = (...notSent: ReadonlyArray<Named>) => ({
  _tag: "Accepted" as const,
  dropped: { notSent, unknown: [] }
})

const filled = (bounds: Partial<Bounds>, ...items: ReadonlyArray<Named>) => {
  const filled = queue(bounds)
  for (const item of items) assert.deepStrictEqual(filled.offer(item), accepted())
  return filled
}

/** What is left, in order. */
const rest = (queue: OutboxQueue<Named>) => {
  const left: Array<string> = []
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    left.push(next.name)
    queue.accepted()
  }
  return left
}

describe("OutboxQueue, when it is full", () => {
  const refused = (dropped: boolean) => ({ _tag: "Refused" as const, dropped })
  const rows = {
    suspend: [{ _tag: "Full" }, ["a", "b", "c"]],
    fail: [refused(false), ["a", "b", "c"]],
    dropNewest: [refused(true), ["a", "b", "c"]],
    dropOldest: [accepted(item("a")), ["b", "c", "d"]]
  } as const
  for (const [overflow, [offer, left]] of Object.entries(rows)) {
    it(overflow, () => {
      const three = filled({ overflow: overflow as keyof typeof rows }, item("a"), item("b"), item("c"))
      assert.deepEqual(three.offer(item("d")), offer as never)
      assert.deepStrictEqual(rest(three), [...left])
    })
  }

  it("dropOldest: as many as it takes for their bytes", () => {
    const two = filled({ overflow: "dropOldest", maxBytes: 6 }, item("aaa"), item("bbb"))
    const offer = two.offer(item("cccc"))
    assert.deepStrictEqual(offer._tag === "Accepted" && names(offer.dropped.notSent), ["aaa", "bbb"])
    assert.deepStrictEqual([two.messages, two.bytes], [1, 4])
  })

  it("dropOldest: not what the connection has", () => {
    const one = filled({ overflow: "dropOldest", maxMessages: 2 }, durable("a"), durable("b"))
    assert.deepStrictEqual(rest(one), ["a", "b"])
    assert.deepStrictEqual(one.offer(item("c")), { _tag: "Refused", dropped: true })
  })

  it("a group counts as its messages", () => {
    const one = filled({}, item("ab", { messages: ["a", "b"] }))
    assert.deepStrictEqual(one.offer(item("cd", { messages: ["c", "d"] })), { _tag: "Full" })
    assert.strictEqual(one.messages, 2)
  })

  it("one item always fits, however large", () => {
    assert.strictEqual(queue({ maxBytes: 2 }).offer(item("large"))._tag, "Accepted")
    assert.strictEqual(queue().offer(item("x", { messages: ["1", "2", "3", "4"] }))._tag, "Accepted")
    assert.strictEqual(filled({ maxBytes: 3, overflow: "dropOldest" }, item("a")).offer(item("large"))._tag, "Accepted")
  })
})

describe("OutboxQueue, over a connection", () => {
  it("what is bound to it is gone when it was accepted, what is durable when it was flushed", () => {
    const two = filled({}, item("a"), durable("b"))
    assert.isFalse(two.isIdle)
    assert.deepStrictEqual(rest(two), ["a", "b"])
    assert.isTrue(two.isIdle)
    assert.deepStrictEqual([two.messages, two.hasHanded, two.handedCount], [1, true, 1])
    assert.deepStrictEqual(names(two.flushed(1)), ["b"])
    assert.isTrue(two.isEmpty)
  })

  it("what is offered waits in front of all others again, when it was not accepted", () => {
    const two = filled({}, durable("a"), durable("b"))
    assert.strictEqual(two.next()?.name, "a")
    assert.isFalse(two.isIdle)
    two.returned()
    two.returned()
    assert.deepStrictEqual(rest(two), ["a", "b"])
  })

  it("accepted says nothing when nothing was offered", () => {
    const one = filled({}, durable("a"))
    one.accepted()
    assert.deepStrictEqual([one.messages, one.hasHanded], [1, false])
  })

  const lossOf = (resend: boolean) => {
    const all = filled(
      { resend, maxMessages: 9 },
      durable("handed"),
      durable("offered"),
      item("bound"),
      durable("kept")
    )
    all.next()
    all.accepted()
    all.next()
    return { ...fates(all.lost()), messages: all.messages, left: rest(all) }
  }

  it("a loss takes what is bound; what is durable goes to the next, in order", () => {
    assert.deepStrictEqual(lossOf(true), {
      notSent: ["bound"],
      unknown: [],
      messages: 3,
      left: ["handed", "offered", "kept"]
    })
  })

  it("a loss makes unknown what must not be sent twice", () => {
    assert.deepStrictEqual(lossOf(false), {
      notSent: ["bound"],
      unknown: ["handed"],
      messages: 2,
      left: ["offered", "kept"]
    })
  })

  it("the end gives everything a fate", () => {
    const all = filled({}, durable("handed"), item("bound"), durable("kept"))
    all.next()
    all.accepted()
    all.next()
    assert.deepStrictEqual(fates(all.stop()), { notSent: ["bound", "kept"], unknown: ["handed"] })
    assert.deepStrictEqual([all.messages, all.bytes], [0, 0])
  })
})

describe("OutboxQueue, and what a lost connection had", () => {
  /** One that a connection had waits for the next, in front of one that none had. */
  const waiting = (bounds: Partial<Bounds> = {}) => {
    const both = filled(bounds, item("handed", { durable: true, expires: 10 }))
    both.next()
    both.accepted()
    both.offer(item("kept", { durable: true, expires: 10 }))
    assert.deepStrictEqual(fates(both.lost()), { notSent: [], unknown: [] })
    return both
  }
  const both = { notSent: ["kept"], unknown: ["handed"] }

  it("is unknown at the end", () => assert.deepStrictEqual(fates(waiting().stop()), both))

  it("is unknown when it has waited for too long", () => assert.deepStrictEqual(fates(waiting().expire(10)), both))

  it("is unknown when it makes room", () => {
    const offer = waiting({ maxBytes: 10, overflow: "dropOldest" }).offer(item("0123456789"))
    assert.deepStrictEqual(offer._tag === "Accepted" && fates(offer.dropped), both)
  })

  it("stays unknown when the next connection is lost before its turn", () => {
    const again = waiting()
    again.next()
    again.lost()
    assert.deepStrictEqual(fates(again.stop()), both)
  })

  it("is not unknown any more once it was flushed", () => {
    const again = waiting()
    again.next()
    again.accepted()
    assert.deepStrictEqual(names(again.flushed(1)), ["handed"])
    assert.deepStrictEqual(fates(again.stop()), { notSent: ["kept"], unknown: [] })
  })

  it("may be some of several messages that it did not accept to the last", () => {
    for (const resend of [true, false]) {
      for (const durable of [true, false]) {
        const all = filled({ resend }, item("several", { messages: ["a", "b"], durable }), item("bound"))
        all.next()
        const [lost, end] = [fates(all.lost()), fates(all.stop())]
        const isKept = resend && durable
        assert.deepStrictEqual(lost, { notSent: ["bound"], unknown: isKept ? [] : ["several"] })
        assert.deepStrictEqual(end, { notSent: [], unknown: isKept ? ["several"] : [] })
      }
    }
  })
})

describe("OutboxQueue, and time", () => {
  it("drops items that have expired, and says when the next one expires", () => {
    const all = filled({}, item("soon", { expires: 10 }), item("late", { expires: 30 }))
    assert.strictEqual(all.nextExpiry, 10)
    assert.deepStrictEqual(names(all.expire(9).notSent), [])
    assert.deepStrictEqual(names(all.expire(10).notSent), ["soon"])
    assert.strictEqual(all.nextExpiry, 30)
    assert.deepStrictEqual(names(all.expire(99).notSent), ["late"])
    assert.isUndefined(all.nextExpiry)
  })

  it("an item that never expires stays", () => {
    const one = filled({}, item("never"))
    assert.deepStrictEqual(names(one.expire(99).notSent), [])
    assert.deepStrictEqual(rest(one), ["never"])
  })
})

describe("OutboxQueue, however much it holds", () => {
  /** Counts how often anybody looks at an item. */
  const watched = (overflow: Bounds["overflow"]) => {
    let looks = 0
    const queue = new OutboxQueue<Item>({ maxMessages: 1000, maxBytes: 1e9, overflow, resend: true })
    const messages = ["m"]
    const offer = () =>
      queue.offer({
        durable: false,
        get messages() {
          looks++
          return messages
        },
        get bytes() {
          looks++
          return 1
        },
        get expires() {
          looks++
          return 99
        }
      })
    for (let i = 0; i < 1000; i++) offer()
    looks = 0
    return { queue, offer, looks: () => looks }
  }

  it("sending one item looks at a few items only", () => {
    const { looks, queue } = watched("suspend")
    queue.expire(1)
    queue.next()
    queue.accepted()
    assert.isBelow(looks(), 10)
  })

  it("dropping one item looks at a few items only", () => {
    const { looks, offer } = watched("dropOldest")
    offer()
    assert.isBelow(looks(), 20)
  })
})
