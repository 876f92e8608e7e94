/**
 * Nodes that share a storage and a bus, each as one process of an app would be.
 *
 * @module
 */
import { expect, vi } from 'vitest'
import type { SessionEvent } from '../events.ts'
import type { SessionsOptions } from '../options.ts'
import { createSessions, type Sessions } from '../sessions.ts'
import { cookieOf, SECRET } from '../sessions.fixture.ts'
import { memoryStorage } from '../storage/memory.ts'
import { createBus, type BusOptions } from './bus.ts'
import type { BusChannel, SessionBus, SessionNews, SessionWatch } from './contract.ts'

/** A channel within a process that can be cut, listened to, and written to by anybody. */
export class TestChannel {
  /** Whether nothing comes through. Those who publish do not notice, as with a lost connection. */
  cut = false
  /** What was published. */
  readonly sent: string[] = []
  readonly #listeners = new Map<(message: string) => void, () => void>()

  /** One node's way to the channel. */
  channel(): BusChannel {
    return {
      publish: (message) => this.send(message),
      subscribe: (listener, onGap) => {
        this.#listeners.set(listener, onGap)
        return () => this.#listeners.delete(listener)
      },
    }
  }

  send(message: string): void {
    this.sent.push(message)
    if (this.cut) return
    for (const listener of [...this.#listeners.keys()]) listener(message)
  }

  /** The connection of all nodes is there again. */
  mend(): void {
    this.cut = false
    for (const onGap of this.#listeners.values()) onGap()
  }

  get listeners(): number {
    return this.#listeners.size
  }
}

/** A manager with its events. */
export interface Node {
  readonly sessions: Sessions
  readonly bus: SessionBus
  readonly events: SessionEvent[]
}

/** Makes nodes that share a storage, each with a bus of its own to one channel. */
export function createNodes(
  count: number,
  {
    channel = new TestChannel(),
    bus: busOptions,
    ...options
  }: Omit<Partial<SessionsOptions<object>>, 'bus'> & {
    readonly channel?: TestChannel
    readonly bus?: BusOptions
  } = {}
): { readonly nodes: Node[]; readonly channel: TestChannel } {
  const storage = options.storage ?? memoryStorage()
  const nodes = Array.from({ length: count }, () => {
    const events: SessionEvent[] = []
    const bus = createBus(channel.channel(), busOptions)
    const sessions = createSessions({
      secrets: SECRET,
      onEvent: (event: SessionEvent) => void events.push(event),
      ...options,
      storage,
      bus,
    } as never) as Sessions
    return { sessions, bus, events }
  })
  return { nodes, channel }
}

/** A stored session: its id, and the cookie of its browser. */
export async function startSession(
  sessions: Sessions,
  values: Record<string, unknown> = { n: 0 }
): Promise<{ readonly id: string; readonly cookie: string }> {
  const session = await sessions.read(null)
  for (const [key, value] of Object.entries(values)) session.set(key, value)
  const cookie = cookieOf(await sessions.commit(session))
  return { id: session.id, cookie }
}

/** Watches a session, and keeps what is told. */
export function record(
  sessions: Sessions,
  id: string
): { readonly news: SessionNews[]; readonly watch: SessionWatch } {
  const news: SessionNews[] = []
  return { news, watch: sessions.watch(id, (told) => news.push(told)) }
}

/** Changes a session of another node again and again, until a watch has heard of it: it has begun then. */
export async function untilHeard(
  sessions: Sessions,
  id: string,
  news: readonly SessionNews[]
): Promise<void> {
  await vi.waitFor(async () => {
    await sessions.update(id, (session) => session.update('n', (n = 0) => n + 1))
    expect(news).toContainEqual({ type: 'change' })
  }, 5000)
}

/** Lets all that waits for nothing but its turn be done. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
