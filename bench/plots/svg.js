/** What the plots share: colours that follow the reader's theme, text, and figures with their unit. */

/** Who is who, by the first words of a contender's name; the rest is grey. */
const COLOURS = [
  [/^tuile, wasm/, 'wasm'],
  [/^tuile/, 'tuile'],
  [/^(?:native floor|rust)/, 'native'],
]

const STYLE = `text{font:12px system-ui,sans-serif;fill:#333}
.title{font-size:14px;font-weight:600}.panel{font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}
.figure,.axis{font-size:11px;fill:#667}.grid{stroke:#ccd;stroke-width:1}
.wasm{fill:#c2570c;stroke:#c2570c}.tuile{fill:#eba36a;stroke:#eba36a}
.native{fill:#5b7fa6;stroke:#5b7fa6}.other{fill:#a9b3c1;stroke:#a9b3c1}
.spread{stroke:#333;stroke-opacity:.55;fill:none}.line{fill:none;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#dde}.figure,.axis{fill:#9aa}.grid{stroke:#445}
.wasm{fill:#f08a3c;stroke:#f08a3c}.tuile{fill:#9a6238;stroke:#9a6238}
.native{fill:#7ea6d1;stroke:#7ea6d1}.other{fill:#5c6675;stroke:#5c6675}.spread{stroke:#fff}
.line{fill:none}}`

/** The class that colours a contender. */
export function colourOf(name) {
  return COLOURS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other'
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text as it may stand in XML. */
export function escapeXml(text) {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character])
}

/** A piece of text; `className` may be several classes. */
export function label(x, y, text, className = '') {
  return `<text x="${round(x)}" y="${round(y)}" class="${className}">${escapeXml(text)}</text>`
}

/** Coordinates to a tenth of a pixel. */
export function round(value) {
  return Math.round(value * 10) / 10
}

/** A whole picture. */
export function drawing(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${round(height)}" width="${width}" height="${round(height)}" role="img" aria-label="${escapeXml(title)}">
<style>${STYLE}</style>
${parts.join('\n')}
</svg>
`
}

const SCALES = {
  ns: [
    [1e6, 'ms'],
    [1e3, 'µs'],
    [1, 'ns'],
  ],
  ms: [[1, 'ms']],
  bytes: [
    [1e6, 'MB'],
    [1e3, 'kB'],
    [1, 'B'],
  ],
  'requests/s': [[1, '/s']],
}

/** A figure with a unit that keeps it short: 355 ns, 2.25 µs. */
export function formatFigure(value, unit) {
  const scales = SCALES[unit]
  const [divisor, name] = scales.find(([size]) => Math.abs(value) >= size) ?? scales.at(-1)
  const scaled = value / divisor
  const text = Math.abs(scaled) >= 100 ? scaled.toFixed(0) : `${Number(scaled.toPrecision(3))}`
  return `${text} ${name}`
}
