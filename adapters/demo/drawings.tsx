/**
 * Drawings of what is on the shelf, and the mark of the demo.
 *
 * Colours are attributes: the page's policy allows no inline styles.
 *
 * @module
 */
import { raw } from 'hono/html'
import type { JSX } from 'hono/jsx/jsx-runtime'
import type { ItemId } from './catalogue.ts'

/** A thin biscuit, curved while it is warm, with almonds. */
const TUILE = `
<path fill="#ecb668" d="M3 48C8 34 19 27.5 32 27.5S56 34 61 48L55 29C51 16.5 43 10 32 10S13 16.5 9 29Z"/>
<path fill="#b5672a" d="M3 48C8 34 19 27.5 32 27.5S56 34 61 48C61.8 50.6 58.6 52.2 57 50 51.5 39.5 43 33.5 32 33.5S12.5 39.5 7 50C5.4 52.2 2.2 50.6 3 48Z"/>
<g fill="#fff3dc"><ellipse cx="18" cy="23.5" rx="5" ry="2.3" transform="rotate(-34 18 23.5)"/><ellipse cx="30" cy="15" rx="5" ry="2.3" transform="rotate(-8 30 15)"/><ellipse cx="44" cy="18.5" rx="5" ry="2.3" transform="rotate(30 44 18.5)"/><ellipse cx="32" cy="22.5" rx="5" ry="2.2" transform="rotate(5 32 22.5)"/><ellipse cx="51" cy="31" rx="4.6" ry="2.1" transform="rotate(46 51 31)"/><ellipse cx="11.5" cy="33.5" rx="4.2" ry="2" transform="rotate(-58 11.5 33.5)"/></g>`

/** A shell with its ribs. */
const MADELEINE = `
<path fill="#d98d3c" d="M32 8c-4.5 0-7 2.5-9 4.5-4-.5-7 1.5-8.5 5.500C10 20 8 24 9.5 28.5 8 34 12 41 18 47c3 3 5 9 14 9s11-6 14-9c6-6 10-13 8.5-18.500C56 24 54 20 49.5 18 48 14 45 12 41 12.5 39 10.5 36.5 8 32 8Z"/>
<path fill="#efb968" d="M32 12c-3.4 0-5.6 1.9-7.4 3.9-3.3-.6-5.6 1.1-6.7 4.3-3.6 1.3-5.3 4.6-4.3 8.3-1.3 4.5 2.2 10.6 7.2 15.6 3 3 5.2 7.9 11.2 7.900s8.2-4.9 11.2-7.900c5-5 8.5-11.1 7.2-15.6 1-3.7-.7-7-4.3-8.3-1.1-3.2-3.4-4.9-6.7-4.300C37.6 13.9 35.4 12 32 12Z"/>
<g fill="none" stroke="#bf7331" stroke-width="2" stroke-linecap="round"><path d="M32 16v31"/><path d="M25 19c1 9 2.5 19 5 28"/><path d="M39 19c-1 9-2.5 19-5 28"/><path d="M18.5 25c2 8 5.5 15 9.5 21.5"/><path d="M45.5 25c-2 8-5.5 15-9.5 21.5"/></g>`

/** A round, scored biscuit with grains of salt. */
const SABLE = `
<circle cx="32" cy="33" r="24" fill="#c98a43"/>
<circle cx="32" cy="31" r="24" fill="#efc583"/>
<circle cx="32" cy="31" r="18.5" fill="none" stroke="#d39a52" stroke-width="1.6" stroke-dasharray="1 4" stroke-linecap="round"/>
<g stroke="#d39a52" stroke-width="2.2" stroke-linecap="round"><path d="M22 22.5 41 41.5"/><path d="M27.5 18 45.5 36"/><path d="M18.5 29 36.5 47"/><path d="M42 22.5 23 41.5"/><path d="M36.5 18 18.5 36"/><path d="M45.5 29 27.5 47"/></g>
<g fill="#fffaf0"><rect x="29" y="12" width="2.6" height="2.6" transform="rotate(20 30 13)"/><rect x="46" y="24" width="2.6" height="2.6" transform="rotate(40 47 25)"/><rect x="14" y="27" width="2.6" height="2.6" transform="rotate(10 15 28)"/><rect x="38" y="46" width="2.6" height="2.6" transform="rotate(30 39 47)"/></g>`

/** Two shells and what is between them. */
const MACARON = `
<path fill="#d8617a" d="M8 28C8 17 18 11 32 11s24 6 24 17c0 2-1.3 3-3 3H11c-1.7 0-3-1-3-3Z"/>
<path fill="#e98ba0" d="M13 24c2-6.5 9.5-9.5 19-9.5 3 0 5 .3 5 1.2 0 1.3-6 .8-11.5 3S17 25 15.5 26.500c-1.5 1.4-3.1-.6-2.5-2.500Z"/>
<path fill="#c24d68" d="M9 29.500c2 1.8 3.5.2 5.5 1.200s3 .9 5-.1 3.4.9 5.4.9 3-1.5 5-.9 3.4 1.2 5.4.3 3-.9 5 0 3.4.5 5.4-.5 3 1.1 5 .6 3-.4 4.3-1.500v4H9Z"/>
<rect x="10.5" y="33" width="43" height="7" rx="3.5" fill="#f8dbc8"/>
<path fill="#c24d68" d="M9 39.500h46v3.700c-1.3-1.2-2.3-.7-4.3-.2s-3-1.1-5-.1-3.4.5-5.4-.4-3 .9-5 0-3.4-.3-5.4.3-3-.9-5-.9-3.4 1.9-5.4.9-3-1.1-5-.1-3.5-.6-5.5.8Z"/>
<path fill="#d8617a" d="M9 42h46c1 0 1.5.6 1.3 1.600C55 50 45.5 54 32 54S9 50 7.7 43.600C7.5 42.6 8 42 9 42Z"/>`

const DRAWINGS: Record<ItemId, string> = {
  tuile: TUILE,
  madeleine: MADELEINE,
  sable: SABLE,
  macaron: MACARON,
}

/** The icon of the page, as a file. */
export const ICON_SVG: string = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">${TUILE}</svg>`

/** A drawing, for the eye alone: its name stands beside it. */
export function Drawing({ of, size }: { of: ItemId; size: number }): JSX.Element {
  return (
    <svg viewBox='0 0 64 64' width={size} height={size} aria-hidden='true' focusable='false'>
      {raw(DRAWINGS[of])}
    </svg>
  )
}
