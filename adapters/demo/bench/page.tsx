/**
 * `/bench`: a visitor runs WebAssembly against plain JavaScript against WebCrypto in his own browser.
 *
 * @module
 */
import type { JSX } from 'hono/jsx/jsx-runtime'
import { base64url, sha256 } from '../../../bindings/codec.ts'
import { CLIENT } from './client.generated.ts'

/** Where the page is. */
export const BENCH_PATH = '/bench'

const version = base64url.encode(sha256(new TextEncoder().encode(CLIENT))).slice(0, 12)

/** Where its script is, which changes with what is in it. */
export const BENCH_SCRIPT_PATH: string = `/bench.${version}.js`

export { CLIENT as BENCH_SCRIPT }

/** The page's content. */
export function Bench(): JSX.Element {
  return (
    <section class='card bench'>
      <p class='eyebrow'>In your own browser</p>
      <h1>What one cookie costs</h1>
      <p>
        Each verifies the signed session id in a Cookie header, over and over, side by side: once
        they have shown that they give the same answers. Shorter is better.
      </p>
      <ol id='lanes' class='lanes'></ol>
      <p class='race'>
        <button type='button' id='race' disabled>
          Run
        </button>
        <span id='race-status' role='status'>
          <noscript>This page needs JavaScript: it is what is measured.</noscript>
        </span>
      </p>
      <p class='note'>
        A browser's clock is coarse, so calls are timed in batches; the first thousand are not
        counted. <a href='/'>Back to the shop</a>
      </p>
      <script type='module' src={BENCH_SCRIPT_PATH}></script>
    </section>
  )
}
