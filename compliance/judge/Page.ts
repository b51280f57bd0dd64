/**
 * The verdicts as one HTML page without external resources: counts, a section each, a line per case that opens to its
 * expectation, its result and its wire log. Text from a client is escaped here and nowhere else.
 */
import * as Casebook from "../casebook/Casebook.ts"
import type { Result } from "../casebook/Result.ts"
import type { LogLine } from "../casebook/Wire.ts"
import { style } from "./PageStyle.ts"
import * as Summary from "./Summary.ts"

export const render = (agent: string, results: ReadonlyArray<Result>, when: Date): string => {
  const { count, of } = Summary.strict(results)
  const sections = Summary.sections(results)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(agent)}: ${count}/${of} strict</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>WebSocket conformance of <em>${escaped(agent)}</em></h1>
<p class="score"><strong>${count}</strong> of ${of} strict</p>
<p>${Summary.counts(results).map(tile).join(" ")}</p>
<p class="quiet">${results.length} cases, ${escaped(when.toISOString().slice(0, 16).replace("T", " "))} UTC. A case is strict
when both verdicts are OK: <em>behavior</em>, what came back, and <em>behaviorClose</em>, how the connection ended.</p>
<nav>${sections.map(([section, group]) => link(section, group)).join("")}</nav>
</header>
<main>
${sections.map(([section, group]) => renderSection(section, group)).join("\n")}
</main>
</body>
</html>
`
}

const link = (section: string, results: ReadonlyArray<Result>): string => {
  const clean = results.every((result) => Summary.isStrict(result) || Summary.isInformational(result))
  return `<a class="${clean ? "ok" : "bad"}" href="#s${section}">${escaped(`${section} ${Casebook.title(section)}`)}</a>`
}

const renderSection = (section: string, results: ReadonlyArray<Result>): string => `<section id="s${section}">
<h2>${escaped(`${section} ${Casebook.title(section)}`)} <small>${Summary.counts(results).map(tile).join(" ")}</small></h2>
${results.map(renderCase).join("\n")}
</section>`

const renderCase = (result: Result): string => {
  const code = result.remoteCloseCode === null ? "no code" : `code ${result.remoteCloseCode}`
  return `<details id="${escaped(result.id)}">
<summary><b>${escaped(result.id)}</b><span>${escaped(result.does)}</span>${badge(Summary.verdict(result))}</summary>
<dl>
<dt>Expected</dt><dd>${escaped(result.expects)}</dd>
<dt>behavior</dt><dd>${badge(result.behavior)} ${escaped(result.result)}</dd>
<dt>behaviorClose</dt><dd>${badge(result.behaviorClose)} ${escaped(result.resultClose)} The client's Close: ${code}.</dd>
<dt>Duration</dt><dd>${result.duration} ms</dd>
</dl>
<pre>${result.log.map(renderLine).join("\n")}</pre>
</details>`
}

const renderLine = ({ at, side, text }: LogLine): string =>
  `<i>${`${at}`.padStart(6)} ms</i> ${arrows[side]} ${escaped(text)}`

const arrows = { "<": "client &rarr;", ">": "server &larr;", "-": "       &middot;" } as const

const tile = ([verdict, count]: readonly [string, number]): string => badge(verdict, `${count} ${verdict}`)

const badge = (verdict: string, text = verdict): string => `<mark class="${tone(verdict)}">${escaped(text)}</mark>`

const tone = (verdict: string): string => {
  if (verdict === "OK") return "ok"
  if (verdict === "INFORMATIONAL") return "info"
  return verdict === "NON-STRICT" ? "soft" : "bad"
}

/** Markup and control characters, which a peer may have put into its octets. */
const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go.
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
