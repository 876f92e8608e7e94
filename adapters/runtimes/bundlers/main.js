/** The app as an ES module: what is bundled, and what is imported. */
import { Hono } from 'hono'
import { engine } from 'tuile/codec'
import { session } from 'tuile/hono'
import { visitTwice } from './app.js'

// Without a top-level await, which CommonJS bundles cannot have.
visitTwice({ Hono, session, engine }).then(console.log)
