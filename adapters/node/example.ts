/**
 * The demo app on Node, as an app of your own would be served: `node dist/adapters/node/example.js`,
 * after `npm run build`.
 *
 * @module
 */
import { serve } from '@hono/node-server'
import { createDemo } from '../demo/app.tsx'

const demo = createDemo({ secrets: process.env.SESSION_SECRET! })
const port = Number(process.env.PORT ?? 3000)

serve({ fetch: demo.fetch, hostname: '127.0.0.1', port })
