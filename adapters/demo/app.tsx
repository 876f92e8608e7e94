/**
 * The demo app: a small bakery whose counter, sign-in, cart and messages live in one session. It
 * imports nothing of a runtime, so that every runtime can serve it.
 *
 * @module
 */
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { csrf } from 'hono/csrf'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { createSessions, type SessionsOptions } from '../../bindings/index.ts'
import { session } from '../hono.ts'
import { isLocalhost } from '../localhost.ts'
import { sessionStream } from '../sse.ts'
import { Bench, BENCH_PATH, BENCH_SCRIPT, BENCH_SCRIPT_PATH } from './bench/page.tsx'
import { addItem, findItem, MAX_COUNT, removeItem, type Item } from './catalogue.ts'
import { checkName, MAX_NAME, type DemoData, type DemoEnv, type DemoFlash } from './data.ts'
import { ICON_SVG } from './drawings.tsx'
import { createInspector } from './inspect.ts'
import { newsOf, stateOf } from './live/render.tsx'
import { Live, LIVE_EVENTS_PATH, LIVE_SCRIPT, LIVE_SCRIPT_PATH } from './live/page.tsx'
import { ICON_PATH, renderPage, renderProblem } from './page.tsx'
import { Panel } from './panel.tsx'
import { Account, Flash, Greeting, Receipt, Shelf } from './shop.tsx'
import { STYLE, STYLE_PATH } from './styles.ts'

/** What the demo needs: secrets, and where sessions are kept if not in cookies. */
export interface DemoOptions extends Pick<SessionsOptions<DemoData>, 'storage'> {
  readonly secrets: string | readonly string[]
}

const A_DAY = 'public, max-age=86400'
const FOREVER = 'public, max-age=31536000, immutable'

/** Bytes that a form of ours can need, and some. */
const MAX_BODY = 4096

const POLICY = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
}

const HEADERS: NonNullable<Parameters<typeof secureHeaders>[0]> = {
  contentSecurityPolicy: POLICY,
  // With `no-referrer` browsers send `Origin: null` with our own forms, which `csrf` would refuse.
  referrerPolicy: 'same-origin',
  xFrameOptions: 'DENY',
  // On localhost it would hold for every port, and for everything else that is developed there.
  strictTransportSecurity: false,
}

const setHeaders = secureHeaders(HEADERS)

/** The shop runs a script, if its session can be followed. */
const setLiveHeaders = secureHeaders({
  ...HEADERS,
  contentSecurityPolicy: { ...POLICY, scriptSrc: ["'self'"], connectSrc: ["'self'"] },
})

/** This page runs a script which compiles the core. */
const setBenchHeaders = secureHeaders({
  ...HEADERS,
  contentSecurityPolicy: { ...POLICY, scriptSrc: ["'self'", "'wasm-unsafe-eval'"] },
})

const PROBLEMS: Record<number, string> = {
  400: 'That is not something the bakery knows.',
  403: 'This form was sent from another site, so nothing was done.',
  404: 'There is nothing on this shelf.',
  413: 'That is more than a form of ours can hold.',
}

/** A field of the form, whatever came: a body that is no form has none. */
async function readField(c: Context<DemoEnv>, name: string): Promise<unknown> {
  const body: Record<string, unknown> = await c.req.parseBody().catch(() => ({}))
  return body[name]
}

async function readItem(c: Context<DemoEnv>): Promise<Item> {
  const item = findItem(await readField(c, 'item'))
  if (item === undefined) throw new HTTPException(400)
  return item
}

/** After an action: a message, and a page that can be reloaded without doing it again. */
function done(c: Context<DemoEnv>, text: string): Response {
  c.var.session.flash('notice', { kind: 'done', text })
  return c.redirect('/', 303)
}

/**
 * Makes the demo app.
 *
 * @throws ConfigurationError if a secret is missing, short or well known.
 */
export function createDemo({ secrets, storage }: DemoOptions): Hono<DemoEnv> {
  const sessions = createSessions<DemoData, DemoFlash>({
    secrets,
    ...(storage && { storage }),
    cookie: { secure: 'auto' },
  })
  // A session in its cookie cannot be followed.
  const live = !('stateless' in sessions.storage)
  const inspect = createInspector(sessions, secrets)
  const app = new Hono<DemoEnv>()

  app.use((c, next) => {
    if (c.req.path === BENCH_PATH) return setBenchHeaders(c, next)
    return (live && c.req.path === '/' ? setLiveHeaders : setHeaders)(c, next)
  })
  // Before the session, so that the browser asking for a style never takes the flash message.
  app.get(STYLE_PATH, (c) =>
    c.body(STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': FOREVER })
  )
  app.get(ICON_PATH, (c) =>
    c.body(ICON_SVG, 200, { 'Content-Type': 'image/svg+xml', 'Cache-Control': A_DAY })
  )

  app.get(BENCH_SCRIPT_PATH, (c) =>
    c.body(BENCH_SCRIPT, 200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control': FOREVER,
    })
  )
  app.get(BENCH_PATH, (c) =>
    c.html(renderPage({ title: 'What one cookie costs · Tuile', children: <Bench /> }))
  )

  if (live) {
    app.get(LIVE_SCRIPT_PATH, (c) =>
      c.body(LIVE_SCRIPT, 200, {
        'Content-Type': 'text/javascript; charset=utf-8',
        'Cache-Control': FOREVER,
      })
    )
    app.get(LIVE_EVENTS_PATH, (c) => sessionStream(c, sessions, { data: newsOf }))
  }

  // Also when no cookie is set: the back button must not show what was seen while signed in.
  app.use(async (c, next) => {
    await next()
    c.header('Cache-Control', 'no-store')
  })
  app.use(csrf(), bodyLimit({ maxSize: MAX_BODY }), session(sessions))

  app.get('/', async (c) => {
    const { session } = c.var
    session.update('visits', (visits = 0) => visits + 1)
    const user = session.get('user')
    const notice = session.getFlash('notice')
    const visits = session.get('visits', 0)
    const cart = session.get('cart', {})
    const inspection = await inspect(c)
    const page = renderPage({
      title: user ? `${user.name} · Tuile` : 'Tuile, a bakery that runs on one cookie',
      aside: <Account user={user} />,
      children: (
        <>
          {notice && <Flash notice={notice} />}
          <div class='columns'>
            <div class='shop'>
              <Greeting user={user} visits={visits} />
              <Shelf />
              <Receipt cart={cart} />
              <Live state={live ? stateOf(session) : null} />
            </div>
            <Panel inspection={inspection} />
          </div>
        </>
      ),
    })
    return c.html(page)
  })

  app.post('/sign-in', async (c) => {
    const { session } = c.var
    const name = checkName(await readField(c, 'name'))
    if (name === null) {
      const text = `A name has 1 to ${MAX_NAME} characters.`
      session.flash('notice', { kind: 'problem', text })
      return c.redirect('/', 303)
    }
    session.regenerateId()
    session.set('user', { name, since: Date.now() })
    return done(c, `Welcome, ${name}.`)
  })

  app.post('/sign-out', async (c) => {
    const { session } = c.var
    // The end of the session is told to its other windows. It takes no message along, and one in the
    // query could be forged by any link: a new session has the message, and its cookie is sent alone.
    session.destroy()
    await sessions.commit(session)
    const next = await sessions.read(null, { plain: isLocalhost(c.req.url) })
    next.flash('notice', { kind: 'done', text: 'You are signed out, and your session is empty.' })
    for (const line of await sessions.commit(next)) c.header('Set-Cookie', line, { append: true })
    return c.redirect('/', 303)
  })

  app.post('/cart/add', async (c) => {
    const { session } = c.var
    const item = await readItem(c)
    const before = session.get('cart', {})[item.id] ?? 0
    session.update('cart', (cart = {}) => addItem(cart, item))
    return done(
      c,
      before < MAX_COUNT
        ? `In your cart: ${item.name}.`
        : `${MAX_COUNT} of one kind is all we bake.`
    )
  })

  app.post('/cart/remove', async (c) => {
    const { session } = c.var
    const item = await readItem(c)
    session.update('cart', (cart = {}) => removeItem(cart, item))
    return done(c, `Taken out of your cart: ${item.name}.`)
  })

  app.notFound((c) => c.html(renderProblem(404, PROBLEMS[404]!), 404))
  app.onError((error, c) => {
    const status = error instanceof HTTPException ? error.status : 500
    if (status >= 500) console.error(error)
    return c.html(renderProblem(status, PROBLEMS[status] ?? 'Something burnt in the oven.'), status)
  })
  return app
}
