/** A group's medians as an SVG: bars of the ratio to `ws` on a logarithmic scale, one cluster per row, the line at one. */
import { BASELINE } from "../plan/Arms.ts"
import type { Metric } from "../plan/Metrics.ts"
import { type Judged, ratio } from "./Table.ts"

export const svg = (group: string, rows: ReadonlyArray<Judged>): string => {
  const clusters = rows.flatMap(({ result, verdicts }) => {
    const first = verdicts[0]!
    const bars = [...first.arms]
      .filter(([name]) => name !== BASELINE)
      .flatMap(([name, { ratio }]) => (ratio === undefined ? [] : [{ name, ratio: ratio.median }]))
    const direction = first.metric.better === "less" ? " (less is better)" : ""
    return [{ title: `${result.row.workload.name}, ${result.row.size}${direction}`, bars }]
  })
  const names = [...new Set(clusters.flatMap(({ bars }) => bars.map(({ name }) => name)))]
  const ratios = clusters.flatMap(({ bars }) => bars.map((bar) => bar.ratio))
  const low = Math.log10(Math.min(0.5, ...ratios))
  const high = Math.log10(Math.max(2, ...ratios))
  const x = (number: number) => LEFT + ((Math.log10(Math.max(number, 1e-3)) - low) / (high - low)) * WIDTH
  const color = (name: string) => colors[names.indexOf(name) % colors.length]!

  let y = 60
  const parts: Array<string> = []
  for (const { title, bars } of clusters) {
    parts.push(text(LEFT - 10, y + (bars.length * BAR) / 2 + 4, title, "end"))
    for (const bar of bars) {
      const [from, to] = [x(1), x(bar.ratio)]
      parts.push(
        `<rect x="${Math.min(from, to).toFixed(1)}" y="${y}" width="${Math.abs(to - from).toFixed(1)}" height="${BAR - 2}" fill="${color(bar.name)}"/>`,
        text(Math.max(from, to) + 4, y + BAR - 4, ratio(bar.ratio), "start")
      )
      y += BAR
    }
    y += GAP
  }
  const legend = names.map((name, index) => {
    const at = LEFT + index * 110
    return `<rect x="${at}" y="32" width="12" height="12" fill="${color(name)}"/>${text(at + 16, 42, name, "start")}`
  })
  const heading = `${group}: ${subject(rows[0]!.verdicts[0]!.metric)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + RIGHT}" height="${y}" font-family="sans-serif" font-size="11">`,
    `<title>${heading}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(LEFT, 20, heading, "start"),
    ...legend,
    ...parts,
    `<line x1="${x(1)}" x2="${x(1)}" y1="52" y2="${y - GAP / 2}" stroke="#000"/>`,
    "</svg>\n"
  ].join("\n")
}

const subject = ({ key, against }: Metric): string => {
  if (key === "time") return "milliseconds"
  return against === "itself" ? "cost as a multiple of the first row's" : `median ratio to ${BASELINE} (line at 1)`
}

const text = (x: number, y: number, content: string, anchor: "start" | "end"): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${content.replace(/[<&]/g, " ")}</text>`

const LEFT = 460
const WIDTH = 640
/** For the legend and the numbers beside the longest bars. */
const RIGHT = 200
const BAR = 13
const GAP = 12
const colors = ["#1b6ca8", "#9aa5b1", "#e08e45", "#6a994e", "#bc4749", "#8e6bbf", "#4fb3bf", "#7f5539"]
