/**
 * The style of `/bench`.
 *
 * @module
 */

/** Lanes, one below the other: name, bar, figure. */
export const BENCH_STYLE = `
.bench { display: grid; gap: 1rem; max-width: 52rem; margin-inline: auto; padding: 1.75rem; }
.lanes { display: grid; gap: 0.9rem; margin: 0; padding: 0; list-style: none; min-height: 13rem; }
.lane { display: grid; grid-template-columns: 1fr 8rem; gap: 0.15rem 1rem; align-items: center; }
.lane-name { grid-column: 1 / -1; }
.lane-figure { font: 0.875rem/1.2 var(--mono); color: var(--soft); text-align: end; }
.track { height: 1rem; border-radius: 999px; background: var(--sunk); overflow: hidden; }
.lane .bar { height: 100%; width: 0; min-width: 3px; border-radius: 999px; background: var(--soft); }
.lane:first-child .bar { background: var(--accent); }
.race { display: flex; gap: 1rem; align-items: center; }
.race button:disabled { opacity: 0.6; cursor: default; }
@media (prefers-reduced-motion: no-preference) { .lane .bar { transition: width 120ms linear; } }
`
