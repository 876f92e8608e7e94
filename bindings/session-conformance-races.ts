/**
 * Races between the end of a session and requests that still work on it: the calls of all of them are
 * let through one at a time, in an order that a seed decides.
 *
 * @module
 */
import type { Awaitable } from './awaitable.ts'
import { SessionGoneError } from './errors.ts'
import { SECRET } from './session-conformance-kit.ts'
import type { Session } from './session.ts'
import { createSessions, type Sessions } from './sessions.ts'
import type { SessionStorage } from './storage/contract.ts'

/** Races at a time, so that a storage across a network is not asked one question at a time. */
const AT_ONCE = 25

/** Random numbers that are the same again for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Lets calls through one by one, and the next only when all requests wait for one, or are done. */
class Gate {
  readonly #random: () => number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** Runs requests to their ends. */
  async run(requests: readonly (() => Promise<void>)[]): Promise<void> {
    this.#running = requests.length
    await Promise.all(
      requests.map(async (request) => {
        try {
          await request()
        } finally {
          this.#pause()
        }
      })
    )
  }

  /** The storage with the gate in front. */
  guard(storage: SessionStorage): SessionStorage {
    const pass = async <Result>(call: () => Awaitable<Result>): Promise<Result> => {
      await new Promise<void>((go) => {
        this.#waiting.push(go)
        this.#pause()
      })
      return call()
    }
    const { touch } = storage
    return {
      atomic: storage.atomic === true,
      read: (key) => pass(() => storage.read(key)),
      write: (key, value, options) => pass(() => storage.write(key, value, options)),
      destroy: (key) => pass(() => storage.destroy(key)),
      ...(touch && {
        touch: (key: string, expiresAt: number) => pass(() => touch.call(storage, key, expiresAt)),
      }),
    }
  }

  #pause(): void {
    if (--this.#running > 0 || this.#waiting.length === 0) return
    const index = Math.floor(this.#random() * this.#waiting.length)
    const [go] = this.#waiting.splice(index, 1)
    this.#running++
    go!()
  }
}

/** How a session ends; gives the cookie of the session that goes on, if one does. */
type End = (race: Race) => Promise<string | null>

/** What a race is about: one session, which is stored under `key`. */
interface Race {
  /** The sessions, and the storage, behind the gate. */
  readonly sessions: Sessions
  readonly storage: SessionStorage
  readonly cookie: string
  readonly key: string
}

async function visit(
  { sessions, cookie }: Race,
  use: (session: Session) => void
): Promise<string | null> {
  const session = await sessions.read(cookie)
  use(session)
  const lines = await sessions.commit(session)
  return lines[0]?.split(';')[0] ?? null
}

/** The ways in which a session ends. */
export const ENDS: Record<string, End> = {
  async destroy(race) {
    await visit(race, (session) => session.destroy())
    return null
  },

  /** The record's time is over while requests work on it. */
  async expiry({ storage, key }) {
    for (;;) {
      const record = await storage.read(key)
      if (record === null) throw new Error('the record is gone already')
      const { value, version } = record
      const past = { expiresAt: Date.now() - 1, ifVersion: version }
      if (await storage.write(key, value, past)) return null
    }
  },

  regenerate: (race) => visit(race, (session) => session.regenerateId()),
}

/** Runs one race; gives how many requests were told that the session had ended. */
async function run(storage: SessionStorage, end: End, seed: number): Promise<number> {
  let key = ''
  const options = { secrets: SECRET, idleTimeout: 3600, touchEvery: 0 }
  const direct = createSessions({
    ...options,
    storage,
    onEvent: (event) => {
      if (event.type === 'create') key = event.key
    },
  })
  const first = await direct.read(null)
  first.set('first', 1)
  const cookie = (await direct.commit(first))[0]!.split(';')[0]!
  const { id } = first

  const gate = new Gate(randomOf(seed))
  const guarded = gate.guard(storage)
  const race = {
    sessions: createSessions({ ...options, storage: guarded }),
    storage: guarded,
    cookie,
    key,
  }
  const fail = (what: string): never => {
    throw new Error(`interleaving ${seed}: ${what}`)
  }
  const saved: string[] = []
  let gone = 0
  const slow = (name: string) => async (): Promise<void> => {
    const session = await race.sessions.read(cookie)
    const isOld = !session.isNew
    session.set(name, 1)
    try {
      await race.sessions.commit(session)
      if (isOld) saved.push(name)
      else if (session.id === id) fail('the id that had ended was used again')
    } catch (error) {
      if (!(error instanceof SessionGoneError)) fail(`a request failed with ${String(error)}`)
      gone++
    }
  }
  const reader = () => visit(race, (session) => session.touch()).then(() => undefined)
  let next: string | null = null
  const ending = async (): Promise<void> => {
    next = await end(race)
  }
  await gate.run([slow('slow'), slow('slower'), reader, ending])

  if (next === null && (await storage.read(key)) !== null) fail('the record came back')
  if (!(await direct.read(cookie)).isNew) fail('the old cookie opens the session')
  if (next !== null) {
    const session = await direct.read(next)
    const lost = ['first', ...saved].filter((name) => !session.has(name))
    if (lost.length > 0) fail(`what was committed is lost: ${lost.join(', ')}`)
  }
  return gone
}

/** Races of requests against one kind of end, each in an order of its own. */
export async function runRaces(storage: SessionStorage, end: End, count: number): Promise<void> {
  let gone = 0
  for (let seed = 0; seed < count; seed += AT_ONCE) {
    const races = Array.from({ length: Math.min(AT_ONCE, count - seed) }, (_, i) =>
      run(storage, end, seed + i)
    )
    for (const told of await Promise.all(races)) gone += told
  }
  if (count >= AT_ONCE && gone === 0) throw new Error('no request came too late: nothing was raced')
}
