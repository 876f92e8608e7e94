/**
 * The demo app as a Worker: `npx wrangler dev -c adapters/workers/wrangler.jsonc`, after
 * `npm run build`.
 *
 * @module
 */
import type { Hono } from 'hono'
import { createDemo } from '../demo/app.tsx'
import type { DemoEnv } from '../demo/data.ts'

interface Bindings {
  readonly SESSION_SECRET: string
}

/** Made with the first request of an isolate, which is the first to see the bindings. */
let demo: Hono<DemoEnv> | undefined

interface Worker {
  fetch(request: Request, env: Bindings, context: unknown): Response | Promise<Response>
}

const worker: Worker = {
  fetch(request, env, context) {
    demo ??= createDemo({ secrets: env.SESSION_SECRET })
    return demo.fetch(request, env, context as never)
  },
}

export default worker
