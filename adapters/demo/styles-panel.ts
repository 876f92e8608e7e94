/**
 * The style of the panel.
 *
 * @module
 */

/** Part of the style sheet. */
export const PANEL_STYLE = `
.panel {
  display: grid; grid-template-columns: minmax(0, 1fr); border: 1px solid var(--line);
  border-radius: 16px; background: var(--sunk); font-size: 0.9375rem;
}
.panel > h2 { padding: 1.1rem 1.3rem 0.2rem; }
.panel > section { display: grid; gap: 0.6rem; padding: 1rem 1.3rem; min-width: 0; }
.panel > section + section { border-top: 1px dashed var(--line); }
.panel h3 { font: 700 0.75rem/1.3 var(--sans); letter-spacing: 0.07em; text-transform: uppercase; color: var(--soft); }
.panel pre {
  padding: 0.75rem 0.9rem; border: 1px solid var(--line); border-radius: 10px;
  background: var(--card); line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere;
}

.timings { display: grid; gap: 0.8rem; }
.timings > div { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 0.75rem; align-items: baseline; }
.timings dt { font-size: 0.875rem; }
.timings dd { font: 600 1rem var(--mono); font-variant-numeric: tabular-nums; }
.timings .in-use dd:not(.bar) { font-size: 1.375rem; color: var(--accent); }
.timings .bar { grid-column: 1 / -1; margin-top: 0.3rem; line-height: 0; }
.timings svg { display: block; border-radius: 3px; background: var(--line); }
.timings rect { fill: var(--soft); }
.timings .in-use rect { fill: var(--accent); }
.tag {
  margin-left: 0.5rem; padding: 0.05rem 0.5rem; border: 1px solid currentColor; border-radius: 999px;
  font-size: 0.6875rem; font-weight: 600; color: var(--accent); white-space: nowrap;
}

.token {
  display: flex; flex-wrap: wrap; gap: 2px; font: 600 0.8125rem/1.4 var(--mono);
  overflow-wrap: anywhere;
}
.token span { padding: 0.2rem 0.3rem; border-radius: 5px; background: var(--card); border-bottom: 3px solid; }
.token .dot { border-color: transparent; background: none; padding-inline: 0; }
.legend { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.25rem 0.8rem; font-size: 0.8125rem; }
.legend dt { font-weight: 700; }
.legend dt::before {
  content: ''; display: inline-block; width: 0.65rem; height: 0.65rem; margin-right: 0.4rem;
  border-radius: 3px; background: currentColor;
}
.legend dd { color: var(--soft); }
.panel .format { color: var(--berry); }
.panel .fingerprint { color: var(--honey); }
.panel .body { color: var(--leaf); }
.panel .mac { color: var(--plum); }

.panel summary { cursor: pointer; color: var(--accent); font-weight: 600; font-size: 0.875rem; }
.panel details > * + * { margin-top: 0.5rem; }
.facts, .attributes { display: flex; flex-wrap: wrap; gap: 0.35rem; font-size: 0.8125rem; }
.facts li, .attributes li {
  padding: 0.1rem 0.6rem; border: 1px solid var(--line); border-radius: 999px; background: var(--card);
}
`
