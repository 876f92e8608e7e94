/**
 * The demo app on Deno: `deno run --allow-net --allow-env adapters/deno/example.ts`, after
 * `npm run build`.
 *
 * @module
 */
import { createDemo } from '../demo/app.tsx'

interface DenoHost {
  readonly env: { get(name: string): string | undefined }
  serve(
    options: { hostname: string; port: number },
    handler: (request: Request) => Response | Promise<Response>
  ): unknown
}
const { Deno } = globalThis as unknown as { Deno: DenoHost }

const demo = createDemo({ secrets: Deno.env.get('SESSION_SECRET')! })

Deno.serve({ hostname: '127.0.0.1', port: Number(Deno.env.get('PORT') ?? 3000) }, (request) =>
  demo.fetch(request)
)
