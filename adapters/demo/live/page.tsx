/**
 * What of the page makes it live: the script, and what the script shows at the end of the session.
 *
 * @module
 */
import type { JSX } from 'hono/jsx/jsx-runtime'
import { base64url, sha256 } from '../../../bindings/codec.ts'
import { CLIENT } from './client.generated.ts'

/** Where the news of a session are streamed. */
export const LIVE_EVENTS_PATH = '/events'

const version = base64url.encode(sha256(new TextEncoder().encode(CLIENT))).slice(0, 12)

/** Where the script is, which changes with what is in it. */
export const LIVE_SCRIPT_PATH: string = `/live.${version}.js`

export { CLIENT as LIVE_SCRIPT }

function Ending(props: { reason: string; title: string; why: string }): JSX.Element {
  return (
    <template data-end={props.reason}>
      <section class='card trouble' role='alert'>
        <h1>{props.title}</h1>
        <p>{props.why}</p>
        <p>
          <a class='button' href='/'>
            Back to the shop
          </a>
        </p>
      </section>
    </template>
  )
}

/** The live part of a page that shows the values `state`; with `null`, the word that there is none. */
export function Live({ state }: { state: string | null }): JSX.Element {
  if (state === null) {
    return (
      <p class='note'>
        Other windows of this browser see a change when they are reloaded: a session in its cookie
        cannot be followed. With <code>--storage memory</code> they see it at once.
      </p>
    )
  }
  return (
    <>
      <p class='note' id='live' data-events={LIVE_EVENTS_PATH} data-state={state}>
        Open the shop in a second window: each shows at once what you do in the other, and signing
        out in one ends both. <noscript>That needs JavaScript; the rest does not.</noscript>
      </p>
      <Ending
        reason='destroyed'
        title='You are signed out.'
        why='Somebody signed out in another window, which ended the session of this one.'
      />
      <Ending reason='expired' title='Your session is over.' why='Its time was up.' />
      <Ending
        reason='gone'
        title='Your session is over.'
        why='The server does not know it any more: it may have been started again.'
      />
      <script type='module' src={LIVE_SCRIPT_PATH}></script>
    </>
  )
}
