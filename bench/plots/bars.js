/** Bars: one job, a panel for each runtime, a bar for each contender, from zero. */
import { colourOf, drawing, formatFigure, label, round } from './svg.js'

const COLUMNS = 2
const PANEL_WIDTH = 500
const NAMES_WIDTH = 240
const FIGURES_WIDTH = 104
const BAR_HEIGHT = 18
const TITLE_HEIGHT = 30
const PANEL_TITLE = 22
const GAP = 22

const BARS_WIDTH = PANEL_WIDTH - NAMES_WIDTH - FIGURES_WIDTH

function drawBar({ name, median, q1, q3, ratio }, unit, scale, x, y) {
  const middle = y + BAR_HEIGHT / 2
  const start = x + NAMES_WIDTH
  const width = Math.max(1, median * scale)
  const figure = formatFigure(median, unit)
  const times = ratio === null ? '' : ` · ${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)}x`
  return [
    label(start - 8, middle + 4, name, 'end'),
    `<rect x="${start}" y="${y + 3}" width="${round(width)}" height="${BAR_HEIGHT - 6}" class="${colourOf(name)}"/>`,
    `<path d="M${round(start + q1 * scale)} ${middle}H${round(start + q3 * scale)}" class="spread"/>`,
    label(start + Math.max(width, q3 * scale) + 6, middle + 4, figure + times, 'figure'),
  ]
}

function drawPanel({ runtime, job }, x, y) {
  const largest = Math.max(...job.contenders.map(({ median, q3 }) => Math.max(median, q3)), 1e-9)
  const scale = BARS_WIDTH / largest
  return [
    label(x, y + 14, runtime, 'panel'),
    ...job.contenders.flatMap((contender, i) =>
      drawBar(contender, job.unit, scale, x, y + PANEL_TITLE + i * BAR_HEIGHT)
    ),
  ]
}

/**
 * The picture of a job.
 *
 * @param {string} title
 * @param {{ runtime: string, job: object }[]} panels
 */
export function drawBars(title, panels) {
  const parts = [label(0, 16, title, 'title')]
  let y = TITLE_HEIGHT
  for (let first = 0; first < panels.length; first += COLUMNS) {
    const row = panels.slice(first, first + COLUMNS)
    row.forEach((panel, i) => {
      parts.push(...drawPanel(panel, i * (PANEL_WIDTH + GAP), y))
    })
    const rows = Math.max(...row.map(({ job }) => job.contenders.length))
    y += PANEL_TITLE + rows * BAR_HEIGHT + GAP
  }
  const columns = Math.min(COLUMNS, panels.length)
  return drawing(columns * (PANEL_WIDTH + GAP), y, title, parts)
}
