/**
 * The panel that shows what happens behind the page.
 *
 * @module
 */
import { BENCH_PATH } from './bench/page.tsx'
import type { JSX } from 'hono/jsx/jsx-runtime'
import type { CookieView, EngineTiming, Inspection } from './inspect.ts'
import type { SetCookieView, TokenView } from './token-view.ts'

const ENGINES: Record<EngineTiming['name'], string> = {
  wasm: 'WebAssembly',
  portable: 'Portable JavaScript',
}

/** Digits in groups of three, as in `1,234`. */
function formatNumber(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function describeTiming({ nanoseconds, unavailable }: EngineTiming): string {
  if (unavailable !== null) return 'not available here'
  return nanoseconds === null ? 'not measurable here' : `${formatNumber(nanoseconds)} ns`
}

function Timings({ cookie, inUse }: { cookie: CookieView; inUse: string }): JSX.Element {
  const { timings } = cookie
  const slowest = Math.max(1, ...timings.map(({ nanoseconds }) => nanoseconds ?? 0))
  const calls = timings.map((timing) => `${timing.calls} (${timing.name})`).join(' and ')
  return (
    <>
      <dl class='timings'>
        {timings.map((timing) => (
          <div class={timing.name === inUse ? 'in-use' : ''}>
            <dt>
              {ENGINES[timing.name]}
              {timing.name === inUse && <span class='tag'>in use</span>}
            </dt>
            <dd data-engine={timing.name}>{describeTiming(timing)}</dd>
            <dd class='bar'>
              <svg width='100%' height='6' aria-hidden='true' focusable='false'>
                <rect
                  width={`${Math.round(((timing.nanoseconds ?? 0) / slowest) * 1000) / 10}%`}
                  height='6'
                  rx='3'
                />
              </svg>
            </dd>
          </div>
        ))}
      </dl>
      <p class='note'>
        From Cookie header to verified text, on the server, for the very header of this request: the
        median of {calls} calls in this process, now. There is no warm-up: reload a few times to see
        both settle.
      </p>
    </>
  )
}

const KINDS: Record<TokenView['kind'], { readonly article: string; readonly title: string }> = {
  id: { article: 'a signed id', title: 'Id' },
  payload: { article: 'a signed payload', title: 'Payload' },
  sealed: { article: 'a sealed payload', title: 'Nonce, ciphertext, tag' },
}

function Token({ token }: { token: TokenView }): JSX.Element {
  const { format, fingerprint, body, bodyLength, mac, kind } = token
  const waits = format === format.toLowerCase() ? ', and a flash message waits' : ''
  return (
    <>
      <p class='token'>
        <span class='format'>{format}</span>
        <span class='fingerprint'>{fingerprint}</span>
        <span class='body'>{body}</span>
        {mac !== null && <span class='dot'>.</span>}
        {mac !== null && <span class='mac'>{mac}</span>}
      </p>
      <dl class='legend'>
        <dt class='format'>Format</dt>
        <dd>{`${KINDS[kind].article}${waits}`}</dd>
        <dt class='fingerprint'>Fingerprint</dt>
        <dd>which secret made it, so that a list of secrets costs one check</dd>
        <dt class='body'>{KINDS[kind].title}</dt>
        <dd>{bodyLength} characters of base64url, cut here</dd>
        {mac !== null && <dt class='mac'>MAC</dt>}
        {mac !== null && <dd>HMAC-SHA256 of all before the dot, 43 characters, cut here</dd>}
      </dl>
    </>
  )
}

function Cookie({ cookie, isNew }: { cookie: CookieView | null; isNew: boolean }): JSX.Element {
  if (cookie === null) {
    return <p>No cookie came with this request: it is your first. Reload, and there is one.</p>
  }
  const { name, length, token } = cookie
  return (
    <>
      <p>
        <code>{name}</code>, {length} characters.{' '}
        {token === null
          ? 'It did not verify, so it was refused and a new session took its place.'
          : isNew && 'It verified, but its session has ended, so a new one took its place.'}
      </p>
      {token && <Token token={token} />}
      {token?.decoded && (
        <details>
          <summary>The payload, decoded</summary>
          <pre>{token.decoded}</pre>
          <p class='note'>
            Created, id, expires, data, flash.{' '}
            {token.kind === 'sealed'
              ? 'Nobody without the secret can read it or change it.'
              : 'Whoever has the cookie can read it; nobody without the secret can change it.'}
          </p>
        </details>
      )}
    </>
  )
}

function SetCookie({ line }: { line: SetCookieView | null }): JSX.Element {
  if (line === null) {
    return <p>None: what changed is on the server, and the cookie stays as it is.</p>
  }
  return (
    <>
      <p>
        <code>{line.name}</code>, a line of {line.length} characters with
      </p>
      <ul class='attributes'>
        {line.attributes.map((attribute) => (
          <li>
            <code>{attribute}</code>
          </li>
        ))}
      </ul>
      {!line.attributes.includes('Secure') && (
        <p class='note'>
          Over HTTPS it is <code>__Host-{line.name}</code> with <code>Secure</code>; this is plain
          HTTP on localhost.
        </p>
      )}
    </>
  )
}

/** The beginning of the session's id. */
export function SessionId({ id }: Pick<Inspection, 'id'>): JSX.Element {
  return <code data-live='id'>{id}</code>
}

/** What the session holds. */
export function Contents({ contents }: Pick<Inspection, 'contents'>): JSX.Element {
  return <pre data-live='contents'>{JSON.stringify(contents, null, 2)}</pre>
}

/** The panel. */
export function Panel({ inspection }: { inspection: Inspection }): JSX.Element {
  const { inCookie, id, isNew, dirty, contents, cookie, setCookie, engine } = inspection
  return (
    <aside class='panel' aria-labelledby='panel'>
      <h2 id='panel'>Behind the counter</h2>
      <section aria-labelledby='panel-engine'>
        <h3 id='panel-engine'>Verified by</h3>
        <p>
          The <b>{engine.name}</b> engine: {engine.reason}.
        </p>
        {cookie?.token ? (
          <Timings cookie={cookie} inUse={engine.name} />
        ) : (
          <p class='note'>There is no verified cookie to measure yet.</p>
        )}
        <p class='note'>
          <a href={BENCH_PATH}>Measure it in your own browser</a>
        </p>
      </section>
      <section aria-labelledby='panel-cookie'>
        <h3 id='panel-cookie'>The cookie that came</h3>
        <Cookie cookie={cookie} isNew={isNew} />
      </section>
      <section aria-labelledby='panel-session'>
        <h3 id='panel-session'>The session</h3>
        <ul class='facts'>
          <li>
            id <SessionId id={id} />
          </li>
          <li>{isNew ? 'new' : 'not new'}</li>
          <li>{dirty ? 'changed by this request' : 'unchanged'}</li>
          <li>{inCookie ? 'kept in the cookie' : 'kept on the server'}</li>
        </ul>
        <Contents contents={contents} />
        <p class='note'>
          {inCookie
            ? 'Signing out empties the cookie in this browser. A copy made before would be valid until its time ends: the price of keeping nothing on the server.'
            : 'The cookie holds a signed id only. Signing out retires it on the server, so that a copy made before is worth nothing.'}
        </p>
      </section>
      <section aria-labelledby='panel-set-cookie'>
        <h3 id='panel-set-cookie'>The cookie that this response sets</h3>
        <SetCookie line={setCookie} />
      </section>
    </aside>
  )
}
