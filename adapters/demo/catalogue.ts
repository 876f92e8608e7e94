/**
 * What the shop sells, and how a cart changes.
 *
 * @module
 */

/** The id of something on the shelf. */
export type ItemId = 'tuile' | 'madeleine' | 'sable' | 'macaron'

/** Something on the shelf. */
export interface Item {
  readonly id: ItemId
  readonly name: string
  /** What to expect of it. */
  readonly note: string
  /** The price in cents of a euro. */
  readonly cents: number
}

/** How many of each thing: what is not in the cart has no entry. */
export type Cart = Partial<Record<ItemId, number>>

/** One line of the receipt. */
export interface CartLine {
  readonly item: Item
  readonly count: number
}

/** How many of one thing a cart takes, so that it always fits a cookie. */
export const MAX_COUNT = 99

/** The shelf. */
export const CATALOGUE: readonly Item[] = [
  { id: 'tuile', name: 'Tuile aux amandes', note: 'Thin, crisp and curved', cents: 180 },
  { id: 'madeleine', name: 'Madeleine', note: 'Shell-shaped, brown butter', cents: 160 },
  { id: 'sable', name: 'Sablé breton', note: 'Crumbly, with sea salt', cents: 140 },
  { id: 'macaron', name: 'Macaron framboise', note: 'Two shells and raspberry', cents: 220 },
]

/** The item of an id, whatever a form sent as one. */
export function findItem(id: unknown): Item | undefined {
  return CATALOGUE.find((item) => item.id === id)
}

/** The cart with one more of an item, as far as it takes more. */
export function addItem(cart: Cart, { id }: Item): Cart {
  return { ...cart, [id]: Math.min(MAX_COUNT, (cart[id] ?? 0) + 1) }
}

/** The cart with one less of an item; one without it is no error. */
export function removeItem(cart: Cart, { id }: Item): Cart {
  const { [id]: count = 0, ...others } = cart
  return count > 1 ? { ...cart, [id]: count - 1 } : others
}

/** The lines of a cart, in the order of the shelf. */
export function cartLines(cart: Cart): CartLine[] {
  return CATALOGUE.flatMap((item) => {
    const count = cart[item.id] ?? 0
    return count > 0 ? [{ item, count }] : []
  })
}

const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })

/** A price as people write it. */
export function formatPrice(cents: number): string {
  return euros.format(cents / 100)
}
