/** The app as a Worker, which has random numbers only while it answers. */
import { Hono } from 'hono'
import { engine } from 'tuile/codec'
import { session } from 'tuile/workers'
import { visitTwice } from './app.js'

export default {
  fetch: async () => new Response(await visitTwice({ Hono, session, engine })),
}
