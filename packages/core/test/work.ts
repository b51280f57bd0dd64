/**
 * How much work a function does, counted and not timed: each call of a built-in costs one, and the bytes or characters
 * that it goes over. A reader that goes again and again over what it already has does not hide from it.
 */
export const countWork = (run: () => void): number => {
  let work = 0
  const undo: Array<() => void> = []
  for (const { goesOver, names, prototype } of builtIns) {
    for (const name of names) {
      const original = prototype[name] as BuiltIn
      undo.push(() => Object.assign(prototype, { [name]: original }))
      prototype[name] = function (this: Sized, ...parameters: Array<Sized>) {
        const result = original.apply(this, parameters)
        const over = { this: this, argument: parameters[0], result, nothing: undefined }[goesOver] as Sized | undefined
        work += 1 + (over?.length ?? 0)
        return result
      } satisfies BuiltIn
    }
  }
  try {
    run()
  } finally {
    for (const restore of undo) restore()
  }
  return work
}

interface Sized {
  readonly length?: number
}

type BuiltIn = (this: Sized, ...parameters: Array<Sized>) => unknown

interface BuiltIns {
  readonly prototype: Record<string, unknown>
  readonly names: ReadonlyArray<string>
  readonly goesOver: "this" | "argument" | "result" | "nothing"
}

const bytes = Object.getPrototypeOf(Uint8Array.prototype)
const text = String.prototype as unknown as Record<string, unknown>
const pattern = RegExp.prototype as unknown as Record<string, unknown>

const builtIns: ReadonlyArray<BuiltIns> = [
  { prototype: bytes, names: ["indexOf", "includes", "join", "map"], goesOver: "this" },
  { prototype: bytes, names: ["slice"], goesOver: "result" },
  { prototype: bytes, names: ["set"], goesOver: "argument" },
  { prototype: bytes, names: ["subarray"], goesOver: "nothing" },
  { prototype: text, names: ["includes", "indexOf", "replace", "split", "toLowerCase", "trim"], goesOver: "this" },
  { prototype: text, names: ["slice"], goesOver: "result" },
  { prototype: text, names: ["charCodeAt"], goesOver: "nothing" },
  { prototype: pattern, names: ["exec"], goesOver: "argument" }
]
