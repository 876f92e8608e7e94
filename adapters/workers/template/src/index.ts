import { Hono } from 'hono'
import { session } from 'tuile/workers'

interface Bindings {
  SESSION_SECRET: string
}

const app = new Hono<{ Bindings: Bindings }>()
  .use(session<{ visits: number }>((c) => ({ secrets: c.env.SESSION_SECRET })))
  .get('/', (c) => {
    c.var.session.update('visits', (visits = 0) => visits + 1)
    return c.text(`Visits: ${c.var.session.get('visits')}`)
  })

export default app
