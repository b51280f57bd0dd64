/**
 * The arguments, with each option's value joined to it by `=`. As everywhere, an option that takes a value takes what
 * follows, even where that begins with a dash, and may be written as one word with it: `-t -dash`, `-thello`. The parser
 * would find options there, and in both of these `-h`, the help.
 */
export const joined = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const joined: Array<string> = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!
    if (arg === "--") return [...joined, ...args.slice(at)]
    const [, option, attached] = valued.exec(arg) ?? []
    const isLast = at + 1 === args.length
    if (option === undefined || (attached === "" && isLast)) joined.push(arg)
    else joined.push(`${option}=${attached === "" ? args[++at] : attached}`)
  }
  return joined
}

/** The options that take a value: their long names, and their letters, which may follow letters that take none. */
const names = [
  ["headers", "header", "subprotocols", "subprotocol", "origin", "proxy", "connect-timeout", "max-message"],
  ["ca", "cert", "key", "passphrase", "text", "binary", "input", "eof-wait", "count", "timeout", "completions"]
]
  .flat()
  .join("|")
const letters = "Hsoptbc"

/** Matches an option that takes a value, unless the value is joined to it already. */
const valued = new RegExp(`^(--(?:${names})(?=$)|-[^-=${letters}]*[${letters}](?!=))(.*)$`, "s")
