/**
 * The style of the shop: header forms, greeting, shelf and cart.
 *
 * @module
 */

/** Part of the style sheet. */
export const SHOP_STYLE = `
.columns { display: grid; gap: 1.25rem; align-items: start; grid-template-columns: minmax(0, 1fr); }
.shop { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 60rem) {
  .columns { grid-template-columns: minmax(0, 1fr) minmax(0, 29rem); }
}
/* The panel is the longer one: the shop stays in sight if it fits. */
@media (min-width: 60rem) and (min-height: 54rem) { .shop { position: sticky; top: 1.25rem; } }

.account { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.6rem; }
.account label { font-size: 0.875rem; color: var(--soft); }
.account input { width: 11rem; }
.account p { line-height: 1.25; text-align: end; max-width: 18rem; }
.account b, .account small { display: block; }
@media (max-width: 40rem) {
  .account { width: 100%; }
  .account label { width: 100%; }
  .account input { flex: 1; }
  .account p { flex: 1; max-width: none; text-align: start; }
}

.greeting {
  display: flex; align-items: center; justify-content: space-between; gap: 1.5rem;
  padding: 1.4rem 1.6rem;
}
.greeting > div { min-width: 0; }
.greeting h1 + p { margin-top: 0.5rem; color: var(--soft); }
.visits {
  flex: none; display: grid; place-content: center; width: 6.5rem; aspect-ratio: 1; line-height: 1.1;
  border: 2px dashed var(--line); border-radius: 50%; background: var(--sunk); color: var(--soft);
  text-align: center; font-size: 0.875rem;
}
.visits b { font: 600 2rem/1 var(--serif); color: var(--accent); }

.shelf { display: grid; gap: 0.9rem; grid-template-columns: minmax(0, 1fr); margin-top: 0.75rem; }
@media (min-width: 34rem) { .shelf { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.shelf li { display: flex; gap: 1rem; padding: 1.1rem; align-items: center; }
.shelf svg { flex: none; }
.shelf li > div { flex: 1; min-width: 0; display: flex; flex-direction: column; align-self: stretch; }
.shelf h3 { font: 600 1.0625rem/1.25 var(--serif); }
.shelf p { font-size: 0.875rem; line-height: 1.4; color: var(--soft); margin-block: 0.2rem 0.6rem; }
.shelf form {
  display: flex; align-items: center; justify-content: space-between; margin-top: auto;
}
.price { font-variant-numeric: tabular-nums; font-weight: 600; }

.receipt { padding: 1.2rem 1.6rem; }
.receipt .empty { margin-top: 0.4rem; color: var(--soft); }
.receipt li {
  display: grid; grid-template-columns: minmax(0, 1fr) auto 4.5rem; align-items: center;
  gap: 0.75rem; padding-block: 0.6rem; border-bottom: 1px dashed var(--line);
}
.receipt ul { margin-top: 0.3rem; }
.receipt .price { text-align: end; }
.stepper { display: flex; align-items: center; gap: 0.3rem; }
.stepper .count { min-width: 1.75rem; text-align: center; font-variant-numeric: tabular-nums; }
.step { width: 2rem; height: 2rem; padding: 0; line-height: 1; }
.total { display: flex; justify-content: space-between; padding-top: 0.8rem; font-size: 1.125rem; }
.total b { font-variant-numeric: tabular-nums; }
@media (max-width: 34rem) {
  .greeting { padding: 1.2rem; gap: 1rem; }
  .visits { width: 5.5rem; }
  .receipt { padding: 1.2rem; }
  .receipt li { gap: 0.5rem; grid-template-columns: minmax(0, 1fr) auto 3.8rem; }
}
`
