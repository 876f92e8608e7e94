/**
 * The demo app on Bun: `bun adapters/bun/example.ts`, after `npm run build`.
 *
 * @module
 */
import { createDemo } from '../demo/app.tsx'

interface BunServer {
  serve(options: { fetch: (request: Request) => unknown; hostname: string; port: number }): unknown
}
const { Bun } = globalThis as unknown as { Bun: BunServer }

const demo = createDemo({ secrets: process.env.SESSION_SECRET! })

Bun.serve({
  fetch: (request) => demo.fetch(request),
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 3000),
})
