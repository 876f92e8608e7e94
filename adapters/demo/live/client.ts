/**
 * What runs in each window of the shop: follows the session, and shows what other windows do to it.
 *
 * @module
 */
import type { LiveNews } from './news.ts'

const live = document.querySelector<HTMLElement>('#live')!
const source = new EventSource(live.dataset.events!)
let state = live.dataset.state
/** What parts were replaced by last: one that stays the same is left alone, with whatever presses it. */
const shown = new Map<string, string>()

const partOf = (name: string): HTMLElement | null => document.querySelector(`[data-live=${name}]`)

/** Whether somebody is typing there: what was typed must not be lost. */
function isTypedIn(part: HTMLElement): boolean {
  return [...part.querySelectorAll('input')].some(
    (input) => input === document.activeElement || input.value !== input.defaultValue
  )
}

function replace(name: string, markup: string): void {
  const part = partOf(name)
  if (part === null || shown.get(name) === markup || isTypedIn(part)) return
  const focused = part.contains(document.activeElement) ? document.activeElement : null
  const label = focused?.getAttribute('aria-label')
  part.outerHTML = markup
  shown.set(name, markup)
  if (label)
    partOf(name)
      ?.querySelector<HTMLElement>(`[aria-label=${JSON.stringify(label)}]`)
      ?.focus()
}

function end(reason: string): void {
  source.close()
  const known = document.querySelector<HTMLTemplateElement>(`template[data-end=${reason}]`)!
  const main = document.querySelector('#main')!
  main.replaceChildren(known.content.cloneNode(true))
  partOf('account')?.remove()
  document.title = `${main.querySelector('h1')!.textContent} · Tuile`
}

source.addEventListener('change', ({ data }: MessageEvent<string>) => {
  const news = JSON.parse(data) as LiveNews | null
  // The first event tells what the page shows already, but for the message, which is still in the panel.
  if (news === null || news.state === state) return
  state = news.state
  for (const [name, markup] of Object.entries(news.parts)) replace(name, markup)
})
source.addEventListener('end', ({ data }: MessageEvent<string>) => {
  end((JSON.parse(data) as { reason: string }).reason)
})
source.addEventListener('error', () => {
  // Closed, the server has answered that there is no session; else the browser connects again.
  if (source.readyState === EventSource.CLOSED) end('gone')
})

// Who signs out here gets a page that says so: this one must not be faster.
addEventListener('submit', () => source.close())
// Back from the cache of the back button, it follows nothing any more.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())
