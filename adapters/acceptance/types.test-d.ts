/**
 * The promises of the five systems that are about types, through the middleware: compiled by
 * `npm run types`, never run.
 *
 * @module
 */
import { Hono } from 'hono'
import { createSealer, createSigner } from '../../bindings/codec.ts'
import {
  cookieStorage,
  createSessions,
  memoryStorage,
  type Session,
  type SessionsOptions,
  type SessionStorage,
} from '../../bindings/index.ts'
import { session } from '../hono.ts'

interface Data {
  userId: number
  cart: string[]
}
interface Flash {
  notice: string
}
const secrets = ''

// R16, X26: what a handler gets is typed by key.
new Hono().use(session<Data, Flash>({ secrets })).get('/', (c) => {
  const visitor: Session<Data, Flash> = c.var.session
  const userId: number | undefined = visitor.get('userId')
  const notice: string | undefined = visitor.getFlash('notice')
  // @ts-expect-error no such key
  c.var.session.get('user')
  // @ts-expect-error a number
  c.var.session.set('userId', 'ada')
  // @ts-expect-error a message, not a value
  c.var.session.set('notice', 'Saved')
  // @ts-expect-error a value, not a message
  c.var.session.flash('userId', 42)
  return c.json([userId, notice])
})

// K01, K13: two sessions with types of their own.
new Hono()
  .use(session<Data>({ secrets }))
  .use(
    session<{ items: number[] }, never, 'cart'>({
      secrets,
      variable: 'cart',
      cookie: { name: '__Host-cart' },
    })
  )
  .get('/', (c) => {
    c.var.cart.set('items', [1])
    // @ts-expect-error a key of the other session
    c.var.cart.set('userId', 42)
    // @ts-expect-error a key of the other session
    c.var.session.set('items', [1])
    return c.text('ok')
  })

// R13: without the middleware there is no session.
new Hono().get('/', (c) =>
  // @ts-expect-error not there
  c.text(c.var.session.id)
)

// R03: options are checked.
const options = { secrets, lifetime: 7200 } satisfies SessionsOptions<Data>
createSessions<Data>(options)
// @ts-expect-error no such option
createSessions({ secrets, lifeTime: 7200 })
// @ts-expect-error secrets are needed
createSessions({ storage: memoryStorage() })
// @ts-expect-error an unsigned cookie is none of the modes
cookieStorage({ mode: 'plain' })
// @ts-expect-error nor is it accepted
cookieStorage({ accept: ['plain'] })

// A49: the contract of storages.
const storage: SessionStorage = memoryStorage()
// @ts-expect-error a storage without read and write
const half: SessionStorage = { destroy: () => true }
createSessions({ secrets, storage: storage ?? half })

// Without a name there is no cookie.
const names: (string | null)[] = [createSigner(secrets).name, createSealer(secrets).name]
// @ts-expect-error it may be null
const name: string = createSigner(secrets).name
void [names, name]
