/**
 * What runs in the visitor's browser on `/bench`: the race, and its bars.
 *
 * @module
 */
import { createContenders, type Contender } from './contenders.ts'
import { race, type Standing } from './race.ts'

const RACE = { rounds: 60, warmUp: 24, batch: 4 }

const button = document.querySelector<HTMLButtonElement>('#race')!
const status = document.querySelector<HTMLElement>('#race-status')!
const lanes = document.querySelector<HTMLElement>('#lanes')!

function element(tag: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

/** One contender's lane: its name, its bar, its figure. */
function createLane({ name, note }: Contender) {
  const row = element('li', 'lane')
  const title = element('p', 'lane-name')
  title.append(element('b', '', name), ' ', element('small', '', note))
  const track = element('div', 'track')
  const bar = element('div', 'bar')
  track.append(bar)
  const figure = element('p', 'lane-figure')
  row.append(title, track, figure)
  return { row, bar, figure }
}

function formatTime(nanoseconds: number): string {
  return nanoseconds < 1000
    ? `${nanoseconds.toFixed(0)} ns`
    : `${(nanoseconds / 1000).toPrecision(3)} µs`
}

type Lane = ReturnType<typeof createLane>

function draw(lanesByPlace: readonly Lane[], standings: readonly Standing[]): void {
  const slowest = Math.max(...standings.map(({ nanoseconds }) => nanoseconds))
  const [first] = standings
  standings.forEach(({ nanoseconds }, i) => {
    const { bar, figure } = lanesByPlace[i]!
    bar.style.width = `${(100 * nanoseconds) / slowest}%`
    const ratio = nanoseconds / first!.nanoseconds
    figure.textContent = `${formatTime(nanoseconds)} · ${ratio.toFixed(ratio < 10 ? 1 : 0)}x`
  })
}

/** Waits until the browser has drawn. */
const drawn = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()))

async function run(): Promise<void> {
  button.disabled = true
  status.textContent = 'Warming up…'
  const contenders = await createContenders()
  const made = contenders.map(createLane)
  lanes.replaceChildren(...made.map(({ row }) => row))
  await drawn()
  let round = 0
  for await (const standings of race(contenders, RACE)) {
    draw(made, standings)
    status.textContent = `Round ${++round} of ${RACE.rounds}`
    await drawn()
  }
  const slower = contenders.length === 4 ? '' : ' WebAssembly may not run here.'
  status.textContent = `All ${contenders.length} agree on every answer.${slower}`
  button.disabled = false
  button.textContent = 'Again'
}

button.addEventListener('click', () => {
  run().catch((error: unknown) => {
    status.textContent = `It did not work: ${error instanceof Error ? error.message : error}`
    button.disabled = false
  })
})
button.disabled = false
