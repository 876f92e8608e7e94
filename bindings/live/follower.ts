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
import { randomString } from '../id.ts'
import { checkSecrets, deriveKeys } from '../keyring.ts'
import { MadeFromSecrets } from '../secrets.ts'
import { inBackground, type Timer } from '../timer.ts'
import { atATime } from '../at-a-time.ts'
import type {
  BusChannel,
  EndReason,
  FollowedSessions,
  KeyedNews,
  NewsListener,
  SessionFollower,
  FollowedWatch,
  SessionNews,
} from './contract.ts'
import { Messages } from './messages.ts'

/** Milliseconds until a session whose storage does not answer is looked up again. */
export const RETRY = 1000
/**
 * Milliseconds after which a session that is not there has ended although no message says why: the
 * message comes a moment later than the end.
 */
export const NEWS_DELAY = 500
/** Milliseconds until we try to subscribe again: at first, and at most. */
const FIRST_PAUSE = 1000
const MAX_PAUSE = 30_000
/** Sessions that are looked up at a time, so that thousands do not keep the storage from all else. */
export const LOOKS_AT_A_TIME = 20

/** A session that somebody watches. */
interface Watched {
  /** Its newest id that we know of. */
  id: string
  readonly key: string
  /** The version that the storage gave it when we looked; `null` until then. */
  version: number | null
  /** Writes that we were told of since. */
  writes: number
  /** When it ends, as far as we know. */
  expiresAt: number
  /** When to look it up at the latest. */
  lookAt: number
  /** The look that is under way, and whether another one is to follow. */
  looking: Promise<void> | null
  again: boolean
  /** Whether it was not there when we looked. */
  missing: boolean
  readonly watches: Set<Watch>
}

class Watch implements FollowedWatch {
  watched: Watched | null
  /** The id that its listener knows. */
  knownId: string
  readonly listener: NewsListener
  readonly #follower: { drop(watch: Watch): void; look(watched: Watched): Promise<void> }

  constructor(
    watched: Watched,
    id: string,
    listener: NewsListener,
    follower: { drop(watch: Watch): void; look(watched: Watched): Promise<void> }
  ) {
    this.watched = watched
    this.knownId = id
    this.listener = listener
    this.#follower = follower
  }

  get id(): string | null {
    return this.watched === null ? null : this.knownId
  }

  async check(): Promise<void> {
    if (this.watched !== null) await this.#follower.look(this.watched)
  }

  stop(): void {
    this.#follower.drop(this)
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
    const end = (reason: EndReason) => (event: { readonly key: string }) =>
      this.tell({ type: 'end', key: event.key, reason })
    this.#offs = [
      events.on('save', ({ key }) => this.tell({ type: 'change', key })),
      events.on('regenerate', ({ key }) => this.tell({ type: 'rotate', key })),
      events.on('destroy', end('destroyed')),
      events.on('expire', end('expired')),
    ]
  }

  /** What our own messages are told by. Made late: Workers give no random bytes while they start. */
  get #name(): string {
    return (this.#madeName ??= randomString(defaultEngine))
  }

  watch(id: string, listener: NewsListener): FollowedWatch {
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
      looking: null,
      again: false,
      missing: false,
      watches: new Set(),
    }
    const watch = new Watch(watched, id, listener, {
      drop: (stopped) => this.#drop(stopped),
      look: (watched) => this.#look(watched),
    })
    watched.watches.add(watch)
    if (!isNew) {
      // With another id than the others have, it may be an older one.
      if (id !== watched.id) void this.#look(watched)
      return watch
    }
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
    const watched = news.type === 'note' ? undefined : this.#watched.get(news.key)
    if (watched === undefined) return
    if (news.type === 'change') {
      watched.writes++
      this.#notify(watched, { type: 'change' })
    } else if (news.type === 'rotate') {
      watched.writes++
      // The storage has the last word: a message that is sent once more must not do anything.
      void this.#look(watched)
    } else if (news.type === 'end') {
      // By the clock of another process; by ours it may go on.
      const isEarly = news.reason === 'expired' && watched.expiresAt > Date.now()
      if (isEarly) void this.#look(watched)
      else this.#end(watched, news.reason)
    }
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
  #look(watched: Watched): Promise<void> {
    if (watched.looking !== null) {
      // What is under way may have read before what we are to see.
      watched.again = true
      return watched.looking
    }
    const look = async (): Promise<void> => {
      do {
        watched.again = false
        await this.#lookOnce(watched)
      } while (watched.again)
      watched.looking = null
    }
    watched.looking = look()
    return watched.looking
  }

  async #lookOnce(watched: Watched): Promise<void> {
    try {
      const found = await this.sessions.look(watched.id)
      // All watches have ended meanwhile.
      if (this.#closed || this.#watched.get(watched.key) !== watched) return
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
      const { id, version, expiresAt } = found
      Object.assign(watched, {
        id,
        version,
        writes: 0,
        expiresAt,
        lookAt: expiresAt,
        missing: false,
      })
      this.#wakeBy(expiresAt)
      this.#rotate(watched, id)
      if (missed) this.#take({ type: 'change', key: watched.key })
    } catch {
      // The storage has told its failure as an event. Nobody is signed out because it is down.
      watched.lookAt = Date.now() + RETRY
      this.#wakeBy(watched.lookAt)
    }
  }

  /** Tells those who know an older id. */
  #rotate({ watches }: Watched, id: string): void {
    for (const watch of [...watches]) {
      if (watch.watched === null || watch.knownId === id) continue
      watch.knownId = id
      this.#call(() => watch.listener({ type: 'rotate', id }))
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
