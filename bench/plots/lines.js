/** Lines: cost by the length of the message, both axes by powers of ten, a panel for each runtime. */
import { colourOf, drawing, formatFigure, label, round } from './svg.js'

const COLUMNS = 2
const PANEL_WIDTH = 470
const PANEL_HEIGHT = 250
const GAP = 22
const TITLE_HEIGHT = 30
/** Around the drawing area: for the axis, and for the names at the ends of the lines. */
const LEFT = 52
const RIGHT = 120
const TOP = 26
const BOTTOM = 24

const AREA_WIDTH = PANEL_WIDTH - LEFT - RIGHT
const AREA_HEIGHT = PANEL_HEIGHT - TOP - BOTTOM

/** Where a value lies between the smallest and the largest, 0 to 1. */
function logScale(values) {
  const low = Math.log10(Math.min(...values))
  const high = Math.log10(Math.max(...values))
  return { low, high, at: (value) => (Math.log10(value) - low) / (high - low || 1) }
}

function powersOfTen({ low, high }) {
  const first = Math.ceil(low)
  return Array.from(
    { length: Math.max(0, Math.floor(high) - first + 1) },
    (_, i) => 10 ** (first + i)
  )
}

/** The names, from the top, moved apart where lines end close together. */
function spread(ends) {
  const sorted = ends.toSorted((a, b) => a.y - b.y)
  let last = Number.NEGATIVE_INFINITY
  for (const end of sorted) {
    end.y = Math.max(end.y, last + 13)
    last = end.y
  }
  return sorted
}

function drawPanel({ runtime, jobs }, x, y) {
  const names = jobs[0].contenders.map(({ name }) => name)
  const figures = jobs.flatMap(({ contenders }) => contenders.map(({ median }) => median))
  const xs = logScale(jobs.map(({ size }) => size))
  const ys = logScale(figures)
  const left = x + LEFT
  const bottom = y + TOP + AREA_HEIGHT
  const atX = (size) => round(left + xs.at(size) * AREA_WIDTH)
  const atY = (median) => round(bottom - ys.at(median) * AREA_HEIGHT)

  const grid = powersOfTen(ys).flatMap((value) => [
    `<path d="M${left} ${atY(value)}h${AREA_WIDTH}" class="grid"/>`,
    label(left - 6, atY(value) + 4, formatFigure(value, jobs[0].unit), 'axis end'),
  ])
  const axis = jobs.map(({ size }) =>
    label(atX(size), bottom + 16, formatFigure(size, 'bytes'), 'axis mid')
  )
  const ends = []
  const lines = names.map((name) => {
    const points = jobs.map(({ size, contenders }) => {
      const { median } = contenders.find((contender) => contender.name === name)
      return [atX(size), atY(median)]
    })
    ends.push({ name, x: points.at(-1)[0], y: points.at(-1)[1] })
    const path = points.map((point) => point.join(' ')).join('L')
    return `<path d="M${path}" class="${colourOf(name)} line" style="fill:none"/>`
  })
  const labels = spread(ends).map((end) => label(end.x + 8, end.y + 4, end.name))
  return [label(x, y + 14, runtime, 'panel'), ...grid, ...axis, ...lines, ...labels]
}

/**
 * The picture of jobs that differ in their size.
 *
 * @param {string} title
 * @param {{ runtime: string, jobs: object[] }[]} panels
 */
export function drawLines(title, panels) {
  const parts = [label(0, 16, title, 'title')]
  panels.forEach((panel, i) => {
    const x = (i % COLUMNS) * (PANEL_WIDTH + GAP)
    const y = TITLE_HEIGHT + Math.floor(i / COLUMNS) * (PANEL_HEIGHT + GAP)
    parts.push(...drawPanel(panel, x, y))
  })
  const columns = Math.min(COLUMNS, panels.length)
  const rows = Math.ceil(panels.length / COLUMNS)
  return drawing(
    columns * (PANEL_WIDTH + GAP),
    TITLE_HEIGHT + rows * (PANEL_HEIGHT + GAP),
    title,
    parts
  )
}
