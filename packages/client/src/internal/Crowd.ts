/**
 * Many that come and go all the time, in an array in which each knows its place.
 *
 * In place of a Set, whose table leads to the one that follows when it is full of what was deleted. Once V8 has moved one of
 * these tables to its old space, all that follow stay reachable from there until the next full collection, with
 * everything that was in one: of the connections of a busy program none was ever collected young.
 */
export interface Member {
  /** Undefined while it is in none. `Crowd` alone writes it. */
  seat: number | undefined
}

export class Crowd<A extends Member> implements Iterable<A> {
  private readonly members: Array<A> = []

  /** Adds it, if it is not there yet. */
  add(member: A): void {
    if (member.seat !== undefined) return
    member.seat = this.members.length
    this.members.push(member)
  }

  /** True when it was there. The last one takes its seat. */
  remove(member: A): boolean {
    const { seat } = member
    if (seat === undefined) return false
    member.seat = undefined
    const last = this.members.pop()!
    if (last === member) return true
    this.members[seat] = last
    last.seat = seat
    return true
  }

  [Symbol.iterator](): Iterator<A> {
    return this.members[Symbol.iterator]()
  }
}
