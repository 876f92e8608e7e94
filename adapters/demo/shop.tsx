/**
 * What a visitor sees of the shop: a greeting, the shelf and the cart.
 *
 * @module
 */
import type { JSX } from 'hono/jsx/jsx-runtime'
import { CATALOGUE, cartLines, formatPrice, type Cart, type Item } from './catalogue.ts'
import { MAX_NAME, type Notice, type User } from './data.ts'
import { Drawing } from './drawings.tsx'

/** The form that signs in or, for somebody who has, the one that signs out. */
export function Account({ user }: { user: User | undefined }): JSX.Element {
  if (user === undefined) {
    return (
      <form class='account' data-live='account' method='post' action='/sign-in'>
        <label for='name'>Your name</label>
        <input
          id='name'
          name='name'
          type='text'
          required
          maxlength={MAX_NAME}
          autocomplete='given-name'
          placeholder='Ada'
        />
        <button type='submit'>Sign in</button>
      </form>
    )
  }
  const since = new Date(user.since).toISOString()
  return (
    <form class='account' data-live='account' method='post' action='/sign-out'>
      <p>
        <b>
          <bdi>{user.name}</bdi>
        </b>
        <small>
          since <time datetime={since}>{since.slice(11, 16)}</time> UTC
        </small>
      </p>
      <button type='submit' class='quiet'>
        Sign out
      </button>
    </form>
  )
}

/** The message of the action before. */
export function Flash({ notice }: { notice: Notice }): JSX.Element {
  return (
    <p class={`flash ${notice.kind}`} role='status'>
      {notice.text}
    </p>
  )
}

/** The greeting, with the visit counter. */
export function Greeting({
  user,
  visits,
}: {
  user: User | undefined
  visits: number
}): JSX.Element {
  return (
    <section class='card greeting' data-live='greeting'>
      <div>
        <h1>Bonjour{user && [', ', <bdi>{user.name}</bdi>]}.</h1>
        <p>
          {visits === 1
            ? 'The first visit of this session: it starts with this response.'
            : 'Your session remembers you: reload to add one.'}
        </p>
      </div>
      <p class='visits'>
        <b>{visits}</b> {visits === 1 ? 'visit' : 'visits'}
      </p>
    </section>
  )
}

/** The shelf. */
export function Shelf(): JSX.Element {
  return (
    <section aria-labelledby='shelf'>
      <h2 id='shelf'>Fresh from the oven</h2>
      <ul class='shelf'>
        {CATALOGUE.map((item) => (
          <li class='card'>
            <Drawing of={item.id} size={72} />
            <div>
              <h3>{item.name}</h3>
              <p>{item.note}</p>
              <form method='post' action='/cart/add'>
                <input type='hidden' name='item' value={item.id} />
                <span class='price'>{formatPrice(item.cents)}</span>
                <button type='submit' aria-label={`Add to cart: ${item.name}`}>
                  Add
                </button>
              </form>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Step({ action, item }: { action: 'add' | 'remove'; item: Item }): JSX.Element {
  const label = action === 'add' ? `One more: ${item.name}` : `One less: ${item.name}`
  return (
    <form method='post' action={`/cart/${action}`}>
      <input type='hidden' name='item' value={item.id} />
      <button type='submit' class='quiet step' aria-label={label}>
        {action === 'add' ? '+' : '−'}
      </button>
    </form>
  )
}

/** The cart, with its total. */
export function Receipt({ cart }: { cart: Cart }): JSX.Element {
  const lines = cartLines(cart)
  const total = lines.reduce((sum, { item, count }) => sum + item.cents * count, 0)
  return (
    <section class='card receipt' data-live='cart' aria-labelledby='cart'>
      <h2 id='cart'>Your cart</h2>
      {lines.length === 0 ? (
        <p class='empty'>Still empty. Take something from the shelf.</p>
      ) : (
        <>
          <ul>
            {lines.map(({ item, count }) => (
              <li>
                <span class='what'>{item.name}</span>
                <span class='stepper'>
                  <Step action='remove' item={item} />
                  <span class='count'>{count}</span>
                  <Step action='add' item={item} />
                </span>
                <span class='price'>{formatPrice(item.cents * count)}</span>
              </li>
            ))}
          </ul>
          <p class='total'>
            <span>Total</span> <b>{formatPrice(total)}</b>
          </p>
        </>
      )}
    </section>
  )
}
