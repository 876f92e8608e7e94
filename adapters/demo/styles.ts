/**
 * The style sheet, and where it is served. System fonts, two palettes, nothing from outside.
 *
 * @module
 */
import { base64url, sha256 } from '../../bindings/codec.ts'
import { BENCH_STYLE } from './bench/styles.ts'
import { PANEL_STYLE } from './styles-panel.ts'
import { SHOP_STYLE } from './styles-shop.ts'

const BASE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbf3e5; --card: #fffbf4; --sunk: #f6ead6; --line: #e7d6bb;
  --ink: #35221a; --soft: #6f5746; --accent: #9a4812; --accent-deep: #7d380b; --on-accent: #fff8ef;
  --good: #3d6b2f; --good-paper: #eef4e2; --bad: #a32a1e; --bad-paper: #fbe6e0;
  --honey: #8a5a00; --leaf: #3d6b2f; --plum: #7a3b78; --berry: #a8324f;
  --shadow: 0 1px 2px rgb(90 50 20 / 8%), 0 6px 20px rgb(90 50 20 / 6%);
  --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, serif;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #1a120d; --card: #251a13; --sunk: #1f150f; --line: #443224;
    --ink: #f6e9d8; --soft: #c6ae97; --accent: #f0a963; --accent-deep: #f7c48f; --on-accent: #2b1604;
    --good: #a9d08f; --good-paper: #212a18; --bad: #ff9d8a; --bad-paper: #371a14;
    --honey: #f0c05a; --leaf: #a9d08f; --plum: #dfa6dc; --berry: #ff9db1;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%);
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 var(--sans); overflow-wrap: break-word;
}
h1, h2, h3, p, ul, dl, dd, pre { margin: 0; padding: 0; }
ul { list-style: none; }
h1, h2, .brand b { font-family: var(--serif); font-weight: 600; line-height: 1.15; text-wrap: balance; }
h1 { font-size: clamp(1.9rem, 1.4rem + 2vw, 2.6rem); letter-spacing: -0.01em; }
h2 { font-size: 1.3rem; }
small, .note { font-size: 0.8125rem; color: var(--soft); }
code, pre { font-family: var(--mono); font-size: 0.8125rem; }
bdi, .flash { overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: 0.2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px; }

button, .button {
  display: inline-block; border: 1px solid transparent; border-radius: 999px; padding: 0.45rem 1rem;
  background: var(--accent); color: var(--on-accent); cursor: pointer;
  font: 600 0.9375rem/1.3 var(--sans); text-decoration: none;
}
button:hover, .button:hover { background: var(--accent-deep); }
button.quiet { background: transparent; border-color: var(--line); color: var(--accent); }
button.quiet:hover { border-color: currentColor; }
button:focus-visible, .button:focus-visible { border-radius: 999px; }
input[type='text'] {
  min-width: 0; border: 1px solid var(--soft); border-radius: 999px; padding: 0.45rem 0.9rem;
  background: var(--card); color: inherit; font: inherit; font-size: 0.9375rem; line-height: 1.3;
}
input::placeholder { color: var(--soft); opacity: 1; }
input:focus-visible { border-radius: 999px; outline-offset: 1px; }

.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--card); padding: 0.5rem 1rem; z-index: 1; }
.top, main, footer { width: min(72rem, 100% - 2.5rem); margin-inline: auto; }
.top {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between;
  gap: 0.75rem 2rem; padding-block: 1.1rem;
}
.brand { display: flex; align-items: center; gap: 0.75rem; color: inherit; text-decoration: none; }
.brand b { display: block; font-size: 1.5rem; }
.brand small { display: block; line-height: 1.3; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 16px;
  box-shadow: var(--shadow);
}
.eyebrow { color: var(--soft); font: 600 0.8125rem var(--mono); }
.trouble { padding: 2.5rem; display: grid; gap: 1rem; justify-items: start; }
footer { padding-block: 1.5rem 2.5rem; color: var(--soft); font-size: 0.875rem; }

.flash {
  display: flex; align-items: center; gap: 0.7rem; margin-bottom: 1.25rem; padding: 0.7rem 1.1rem;
  border: 1px solid; border-radius: 12px; color: var(--good); background: var(--good-paper);
  font-weight: 600;
}
.flash::before { content: '✓'; content: '✓' / ''; font-weight: 700; }
.flash.problem { color: var(--bad); background: var(--bad-paper); }
.flash.problem::before { content: '!'; content: '!' / ''; }
@media (prefers-reduced-motion: no-preference) {
  button, .button { transition: background 0.15s, border-color 0.15s; }
  .flash { animation: rise 0.3s ease-out; }
  @keyframes rise { from { opacity: 0; transform: translateY(-0.4rem); } }
}
`

/** The style sheet. */
export const STYLE: string = BASE_STYLE + SHOP_STYLE + PANEL_STYLE + BENCH_STYLE

const fingerprint = base64url.encode(sha256(new TextEncoder().encode(STYLE))).slice(0, 8)

/** Where it is served. */
export const STYLE_PATH = '/style.css'

/** What pages link to: it changes with the text, so that browsers can keep it for good. */
export const STYLE_URL: string = `${STYLE_PATH}?${fingerprint}`
