/**
 * The follower: knows what becomes of the sessions that are watched, wherever that happens.
 *
 * What this process does to a session is heard from its own events, what others do from the bus. The
 * bus may lose messages, so the storage has the last word: each session is looked up when its watch
 * begins, when its time is over, when the bus was away, and once in a while.
 *
 * @module
 */
import { isPromise } from '../awaitable.ts'
import { defaultEngine } from '../codec/select.ts'
import { SessionBusError } from '../errors.ts'
import { createId } from '../id.ts'
import { checkSecrets, deriveKeys } from '../keyring.ts'
import { MadeFromSecrets } from '../secrets.ts'
import { inBackground, type Timer } from '../timer.ts'
import { atATime } from './at-a-time.ts'
import type {
  BusChannel,
  EndReason,
  FollowedSessions,
  KeyedNews,
  NewsListener,
  SessionFollower,
  SessionNews,
  SessionWatch,
} from './contract.ts'
import { Messages } from './messages.ts'

/** Milliseconds until a session whose storage does not answer is looked up again. */
export const RETRY = 1000
/**
 * Milliseconds that the news of a session which is not there any more may take: of one that gets a new
 * id the old record ends a moment before the message of that is here.
 */
export const NEWS_DELAY = 500
/** Milliseconds until we try to subscribe again: at first, and at most. */
const FIRST_PAUSE = 1000
const MAX_PAUSE = 30_000
/** Sessions that are looked up at a time, so that thousands do not keep the storage from all else. */
export const LOOKS_AT_A_TIME = 20

/** A session that somebody watches. */
interface Watched {
  id: string
  key: string
  /** The version that the storage gave it when we looked; `null` until then. */
  version: number | null
  /** Writes that we were told of since. */
  writes: number
  /** When it ends, as far as we know. */
  expiresAt: number
  /** When to look it up at the latest. */
  lookAt: number
  looking: boolean
  /** Whether it was not there when we looked. */
  missing: boolean
  readonly watches: Set<Watch>
}

class Watch implements SessionWatch {
  watched: Watched | null
  readonly listener: NewsListener
  readonly #stop: (watch: Watch) => void

  constructor(watched: Watched, listener: NewsListener, stop: (watch: Watch) => void) {
    this.watched = watched
    this.listener = listener
    this.#stop = stop
  }

  get id(): string | null {
    return this.watched?.id ?? null
  }

  stop(): void {
    this.#stop(this)
  }
}

/** Follows the sessions of one manager over one channel. */
export class Follower implements SessionFollower {
  readonly sessions: FollowedSessions
  readonly #channel: BusChannel
  readonly #recheckEvery: number
  #madeName: string | null = null
  readonly #watched = new Map<string, Watched>()
  readonly #listeners = new Set<(news: KeyedNews) => void>()
  readonly #offs: (() => void)[]
  readonly #messages: MadeFromSecrets<Messages>
  /** Ends the subscription, once there is one; `null` if nobody here has asked for news. */
  #subscription: { unsubscribe?: () => unknown } | null = null
  #timer: Timer | null = null
  #wakesAt = Infinity
  #recheckAt = Infinity
  #closed = false

  /** @param recheckEvery Milliseconds after which every watched session is looked up. */
  constructor(sessions: FollowedSessions, channel: BusChannel, recheckEvery: number) {
    this.sessions = sessions
    this.#channel = channel
    this.#recheckEvery = recheckEvery
    const { events, secrets, cookieName } = sessions
    this.#messages = new MadeFromSecrets(
      secrets,
      (list) => new Messages(deriveKeys(defaultEngine, checkSecrets(list), 'bus', cookieName))
    )
    events.onMove = (previousId, id) => {
      const [previousKey, key] = [sessions.keyOf(previousId), sessions.keyOf(id)]
      this.tell({ type: 'move', key, id, previousKey })
    }
    const end = (reason: EndReason) => (event: { readonly key: string }) =>
      this.tell({ type: 'end', key: event.key, reason })
    this.#offs = [
      events.on('save', ({ key }) => this.tell({ type: 'change', key })),
      events.on('destroy', end('destroyed')),
      events.on('expire', end('expired')),
    ]
  }

  /** What our own messages are told by. Made late: Workers give no random bytes while they start. */
  get #name(): string {
    return (this.#madeName ??= createId(defaultEngine))
  }

  watch(id: string, listener: NewsListener): SessionWatch {
    const key = this.sessions.keyOf(id)
    let watched = this.#watched.get(key)
    const isNew = watched === undefined
    watched ??= {
      id,
      key,
      version: null,
      writes: 0,
      expiresAt: Infinity,
      lookAt: Infinity,
      looking: false,
      missing: false,
      watches: new Set(),
    }
    const watch = new Watch(watched, listener, (stopped) => this.#drop(stopped))
    watched.watches.add(watch)
    if (!isNew) return watch
    this.#watched.set(key, watched)
    this.#subscribe()
    if (this.#recheckAt === Infinity) this.#recheckAt = Date.now() + this.#recheckEvery
    this.#wakeBy(this.#recheckAt)
    // What ended between its reading and now, nobody would tell us.
    void this.#look(watched)
    return watch
  }

  listen(listener: (news: KeyedNews) => void): () => void {
    this.#listeners.add(listener)
    this.#subscribe()
    return () => void this.#listeners.delete(listener)
  }

  tell(news: KeyedNews): void {
    if (this.#closed) return
    try {
      const text = this.#messages.current.encode({ from: this.#name, news })
      const published = this.#channel.publish(text)
      if (isPromise(published)) published.catch((cause) => this.#fail('publish', cause))
    } catch (cause) {
      this.#fail('publish', cause)
    }
    this.#take(news)
  }

  /** Hears and tells nothing any more. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const off of this.#offs) off()
    this.sessions.events.onMove = null
    clearTimeout(this.#timer ?? undefined)
    this.#listeners.clear()
    for (const { watches } of this.#watched.values()) {
      for (const watch of watches) watch.watched = null
    }
    this.#watched.clear()
    await this.#subscription?.unsubscribe?.()
  }

  #subscribe(): void {
    if (this.#subscription !== null) return
    const subscription: { unsubscribe?: () => unknown } = {}
    this.#subscription = subscription
    const attempt = async (pause: number): Promise<void> => {
      try {
        const unsubscribe = await this.#channel.subscribe(
          (text) => this.receive(text),
          () => void this.#lookAtAll()
        )
        subscription.unsubscribe = unsubscribe
        if (this.#closed) await unsubscribe()
        else if (pause > FIRST_PAUSE) void this.#lookAtAll()
      } catch (cause) {
        if (this.#closed) return
        this.#fail('subscribe', cause)
        const again = (): void => void attempt(Math.min(MAX_PAUSE, pause * 2))
        inBackground(setTimeout(again, pause))
      }
    }
    void attempt(FIRST_PAUSE)
  }

  receive(text: string): void {
    if (this.#closed) return
    let received = null
    try {
      received = this.#messages.current.decode(text)
    } catch {
      // A message of another version of ours.
    }
    if (received === null) this.#fail('read', new Error('a message that none of us has sealed'))
    else if (received.from !== this.#name) this.#take(received.news)
  }

  #take(news: KeyedNews): void {
    for (const listener of this.#listeners) this.#call(() => listener(news))
    if (news.type === 'note') return
    if (news.type === 'move') {
      this.#move(news)
      return
    }
    const watched = this.#watched.get(news.key)
    if (watched === undefined) return
    if (news.type === 'end') this.#end(watched, news.reason)
    else {
      watched.writes++
      this.#notify(watched, { type: 'change' })
    }
  }

  #move({ id, key, previousKey }: KeyedNews & { readonly type: 'move' }): void {
    const watched = this.#watched.get(previousKey)
    if (watched === undefined) return
    this.#watched.delete(previousKey)
    const previousId = watched.id
    const there = this.#watched.get(key)
    const moved = [...watched.watches]
    if (there === undefined) {
      Object.assign(watched, { id, key, version: null, writes: 0, missing: false })
      this.#watched.set(key, watched)
    } else {
      for (const watch of moved) {
        watch.watched = there
        there.watches.add(watch)
      }
    }
    for (const watch of moved) this.#call(() => watch.listener({ type: 'move', id, previousId }))
    // It may have ended since, and the news of that may have come before these.
    if (there === undefined) void this.#look(watched)
  }

  #end(watched: Watched, reason: EndReason): void {
    this.#watched.delete(watched.key)
    const ended = [...watched.watches]
    watched.watches.clear()
    for (const watch of ended) watch.watched = null
    for (const watch of ended) this.#call(() => watch.listener({ type: 'end', reason }))
  }

  #notify({ watches }: Watched, news: SessionNews): void {
    for (const watch of [...watches]) {
      if (watch.watched !== null) this.#call(() => watch.listener(news))
    }
  }

  #drop(watch: Watch): void {
    const { watched } = watch
    if (watched === null) return
    watch.watched = null
    watched.watches.delete(watch)
    if (watched.watches.size === 0) this.#watched.delete(watched.key)
  }

  /** Looks a session up, and tells what has become of it that nobody has told us. */
  async #look(watched: Watched): Promise<void> {
    if (watched.looking) return
    watched.looking = true
    const { id } = watched
    try {
      const found = await this.sessions.look(id)
      // It has moved, or all watches have ended meanwhile.
      if (this.#closed || watched.id !== id || this.#watched.get(watched.key) !== watched) return
      if (found === null && !watched.missing && watched.expiresAt > Date.now()) {
        watched.missing = true
        watched.lookAt = Date.now() + NEWS_DELAY
        this.#wakeBy(watched.lookAt)
        return
      }
      if (found === null) {
        const reason = watched.expiresAt <= Date.now() ? 'expired' : 'gone'
        this.#take({ type: 'end', key: watched.key, reason })
        return
      }
      const missed =
        watched.version !== null && (found.version ?? 0) > watched.version + watched.writes
      const { version, expiresAt } = found
      if (missed) this.#take({ type: 'change', key: watched.key })
      Object.assign(watched, { version, writes: 0, expiresAt, lookAt: expiresAt, missing: false })
      this.#wakeBy(expiresAt)
    } catch {
      // The storage has told its failure as an event. Nobody is signed out because it is down.
      watched.lookAt = Date.now() + RETRY
      this.#wakeBy(watched.lookAt)
    } finally {
      watched.looking = false
    }
  }

  async #lookAtAll(): Promise<void> {
    this.#recheckAt = Date.now() + this.#recheckEvery
    this.#wakeBy(this.#recheckAt)
    await atATime(LOOKS_AT_A_TIME, this.#watched.values(), (watched) => this.#look(watched))
  }

  /** Sees to it that we wake at a time, or before. */
  #wakeBy(time: number): void {
    if (this.#closed || time >= this.#wakesAt) return
    clearTimeout(this.#timer ?? undefined)
    this.#wakesAt = time
    this.#timer = inBackground(setTimeout(() => this.#wake(), Math.max(0, time - Date.now())))
  }

  #wake(): void {
    this.#timer = null
    this.#wakesAt = Infinity
    const now = Date.now()
    if (this.#watched.size === 0) {
      this.#recheckAt = Infinity
      return
    }
    if (now >= this.#recheckAt) void this.#lookAtAll()
    let next = this.#recheckAt
    for (const watched of this.#watched.values()) {
      if (watched.lookAt <= now) void this.#look(watched)
      else next = Math.min(next, watched.lookAt)
    }
    this.#wakeBy(next)
  }

  #call(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.sessions.events.emit('error', () => ({ error }))
    }
  }

  #fail(operation: string, cause: unknown): void {
    const error = new SessionBusError(operation, cause)
    this.sessions.events.emit('error', () => ({ error }))
  }
}
