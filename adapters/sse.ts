/**
 * What becomes of a session, as server-sent events.
 *
 * @module
 */
import type { Context } from 'hono'
import type { Awaitable } from '../bindings/awaitable.ts'
import { memoryBus } from '../bindings/live/bus.ts'
import type { DefaultFlash, Session, UntypedData } from '../bindings/session.ts'
import type { Sessions } from '../bindings/sessions.ts'
import { inBackground } from '../bindings/timer.ts'
import { BoundSocket, checkRotationPolicy, type RotationOptions } from './sockets/bound-socket.ts'
import { comesFromAllowedPage, sessionOfHandshake } from './sockets/handshake.ts'
import { createOriginCheck, type AllowedOrigins } from './sockets/origin.ts'

/** The options of `sessionStream`. */
export interface SessionStreamOptions<Data extends object, Flash extends object>
  extends RotationOptions {
  /**
   * What a `change` event tells of the session as it is now: it is sent as JSON.
   *
   * @default nothing
   */
  readonly data?: (session: Session<Data, Flash>) => unknown
  /**
   * Seconds between two comments that keep proxies from closing the stream, and tell us that the browser
   * has gone: from 1 to 3600.
   *
   * @default 20
   */
  readonly keepAlive?: number
  /** Which origins may read the stream, besides that of the server: see `createOriginCheck`. */
  readonly origins?: AllowedOrigins
}

const encoder = new TextEncoder()

/** Milliseconds after which the browser connects again by itself. */
const COME_AGAIN = 'retry: 1000\n\n'

const EVENT_STREAM = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // nginx would keep events until it has many.
  'X-Accel-Buffering': 'no',
}

/**
 * Answers a request with a stream of events (`text/event-stream`) of its session, for `EventSource`:
 *
 * - `change`: the data were written, by whoever; with what `data` gives. It is also the first event.
 * - `end`: the session is over, with the `reason`; the stream ends. Close the `EventSource` then, since it
 *   would connect again: without a session the answer is 204, which tells it to stop.
 *
 * When the session gets a new id the stream ends as well, and `EventSource` connects again by itself, with
 * the new cookie.
 *
 * Pages of other sites get a 403. The stream reads the session itself and holds no lock: mount it before
 * `session()`, or after, where that costs nothing if the session is not used.
 *
 * @param sessions Made by `createSessions`, with a storage on the server.
 * @throws ConfigurationError with the cookie storage.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { createSessions, memoryStorage } from 'tuile'
 * import { memoryBus } from 'tuile/bus'
 * import { sessionStream } from 'tuile/sse'
 *
 * const sessions = createSessions<{ cart: string[] }>({
 *   storage: memoryStorage(),
 *   bus: memoryBus(),
 *   secrets,
 * })
 * const app = new Hono().get('/events', (c) =>
 *   sessionStream(c, sessions, { data: (session) => session.get('cart', []) })
 * )
 * assert.equal((await app.request('/events')).status, 204) // no session, nothing to tell
 * ```
 */
export async function sessionStream<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
>(
  c: Context,
  sessions: Sessions<Data, Flash>,
  { data, keepAlive = 20, origins, ...rotation }: SessionStreamOptions<Data, Flash> = {}
): Promise<Response> {
  const policy = checkRotationPolicy(rotation)
  const follower = sessions.follow(memoryBus())
  if (!comesFromAllowedPage(createOriginCheck(origins), c.req)) return c.body(null, 403)
  const handshake = await sessionOfHandshake(sessions, c.req)
  const { id } = handshake
  const first = id === null ? null : await sessions.get(id)
  // A browser that was faster than its new cookie: anything but a stream would stop it for good.
  if (handshake.isLate) return c.body(COME_AGAIN, 200, EVENT_STREAM)
  if (id === null || first === null) return c.body(null, 204)

  const read = async (id: string): Promise<unknown> => {
    const session = data && (await sessions.get(id))
    return session ? data(session) : null
  }
  const bound = new BoundSocket(sessions, follower, handshake, policy)
  const stream = new EventStream(data?.(first) ?? null, bound, read)
  c.req.raw.signal.addEventListener('abort', () => stream.close(), { once: true })
  return c.body(stream.open(keepAlive), 200, EVENT_STREAM)
}

/** What a stream uses of the session that it follows. */
type StreamSession = Pick<BoundSocket<object, object>, 'id' | 'follow' | 'stop'>

/** One stream to one browser. Changes that come faster than they can be sent become one. */
class EventStream {
  readonly #first: unknown
  readonly #session: StreamSession
  readonly #read: (id: string) => Awaitable<unknown>
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #timer: ReturnType<typeof setInterval> | undefined
  #changed = false
  #reading = false

  constructor(first: unknown, session: StreamSession, read: (id: string) => Awaitable<unknown>) {
    this.#first = first
    this.#session = session
    this.#read = read
  }

  open(keepAlive: number): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller
        this.#send('change', this.#first)
        this.#session.follow({
          onChange: () => this.#change(),
          onRotate: () => {
            this.#write(COME_AGAIN)
            this.close()
          },
          onEnd: (reason) => {
            this.#send('end', { reason })
            this.close()
          },
        })
        this.#timer = inBackground(setInterval(() => this.#write(': \n\n'), keepAlive * 1000))
      },
      cancel: () => this.close(),
    })
  }

  close(): void {
    const controller = this.#controller
    this.#controller = null
    clearInterval(this.#timer)
    this.#session.stop()
    try {
      controller?.close()
    } catch {
      // The browser has closed it first.
    }
  }

  #change(): void {
    this.#changed = true
    void this.#tellChange()
  }

  async #tellChange(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    try {
      while (this.#changed) {
        this.#changed = false
        const { id } = this.#session
        if (id) this.#send('change', await this.#read(id))
      }
    } catch {
      // The storage has told its failure as an event; the next change is read again.
    } finally {
      this.#reading = false
    }
  }

  #send(event: string, data: unknown): void {
    this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #write(text: string): void {
    try {
      this.#controller?.enqueue(encoder.encode(text))
    } catch {
      this.close()
    }
  }
}
