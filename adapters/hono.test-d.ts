/**
 * What the types promise: compiled by `npm run types`, never run.
 */
import { Hono } from 'hono'
import type { Session } from '../bindings/session.ts'
import { createSessions } from '../bindings/sessions.ts'
import { session } from './hono.ts'

type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
const same = <Left, Right>(..._: Equal<Left, Right> extends true ? [] : ['types differ']): void =>
  undefined

/** An interface has no index signature; it must be accepted all the same. */
interface User {
  userId: number
  cart?: string[]
}
interface Notices {
  notice: string
}
const secrets = ''

// c.var.session is inferred on a chained app, without global augmentation.
new Hono().use(session<User, Notices>({ secrets })).get('/', (c) => {
  same<typeof c.var.session, Session<User, Notices>>()
  same<ReturnType<typeof c.var.session.all>, Partial<User>>()
  const userId = c.var.session.get('userId')
  same<typeof userId, number | undefined>()
  const notice = c.get('session').get('notice')
  same<typeof notice, string | undefined>()
  const cart = c.var.session.get('cart', [])
  same<typeof cart, string[]>()
  const orNull = c.var.session.get('userId', null)
  same<typeof orNull, number | null>()

  c.var.session.set('userId', 42)
  c.var.session.set('userId', undefined)
  c.var.session.update('userId', (previous) => (previous ?? 0) + 1)
  c.var.session.flash('notice', 'hello')

  // @ts-expect-error a key that the data do not have
  c.var.session.get('userid')
  // @ts-expect-error a value of another type
  c.var.session.set('userId', '42')
  // @ts-expect-error a flash message is not a value
  c.var.session.set('notice', 'hello')
  // @ts-expect-error a value is not a flash message
  c.var.session.flash('userId', 1)
  // @ts-expect-error data are not flash messages
  c.var.session.getFlash('userId')
  // @ts-expect-error another variable was not asked for
  c.var.cart
  return c.text('')
})

// Without the middleware there is no session.
new Hono().get('/', (c) => {
  // @ts-expect-error nothing put a session there
  c.var.session
  return c.text('')
})

// Two sessions side by side, and the manager's own types.
const carts = createSessions<{ items: string[] }>({ secrets })
new Hono()
  .use(session<User>({ secrets }))
  .use(session(carts, { variable: 'cart' }))
  .get('/', (c) => {
    const items = c.var.cart.get('items')
    same<typeof items, string[] | undefined>()
    const userId = c.var.session.get('userId')
    same<typeof userId, number | undefined>()
    // @ts-expect-error typed data have no flash messages that were not declared
    c.var.cart.flash('notice', 'hello')
    return c.text('')
  })

// The types of a schema become those of the session.
const schema = {
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: (value: unknown) => ({ value: value as { role: 'guest' | 'admin' } }),
  },
}
const roles = createSessions({ secrets, schema })
const role = (await roles.read(null)).get('role')
same<typeof role, 'guest' | 'admin' | undefined>()

// A session that was given no types takes anything.
const anything = await createSessions({ secrets }).read(null)
anything.set('x', { y: 1 })
const x: number = anything.get('x')
anything.flash('x', x)

// Data whose keys are all optional are typed data all the same.
const optional = await createSessions<{ theme?: string }>({ secrets }).read(null)
const theme = optional.get('theme')
same<typeof theme, string | undefined>()
// @ts-expect-error a key that the data do not have
optional.get('colour')

// @ts-expect-error an option that does not exist
createSessions({ secrets, liftime: 1 })
// @ts-expect-error secrets are needed
createSessions({})
// @ts-expect-error there is no unsigned cookie storage
createSessions({ secrets, storage: { stateless: true, mode: 'plain' } })
