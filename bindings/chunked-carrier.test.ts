import fc from 'fast-check'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { session as sessionMiddleware } from '../adapters/hono.ts'
import { defaultEngine } from './codec/select.ts'
import { ConfigurationError, CookieOverflowError } from './errors.ts'
import { recordedSessions, SECRET, visit } from './sessions.fixture.ts'
import type { SessionCookieOptions } from './session-cookie.ts'
import { cookieStorage } from './storage/cookie.ts'
import { memoryStorage } from './storage/memory.ts'

const NAME = '__Host-session'

/** A browser's cookies: what a response sets, under the limit that browsers have. */
class Jar {
  readonly cookies = new Map<string, string>()

  take(lines: readonly string[]): void {
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(4096)
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (line.includes('Max-Age=0;')) this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
  }

  get header(): string {
    return [...this.cookies].map((pair) => pair.join('=')).join('; ')
  }
}

function make(mode: 'sealed' | 'signed' = 'sealed', cookie: SessionCookieOptions = {}) {
  const storage = cookieStorage({ mode })
  return recordedSessions({ storage, cookie: { chunks: 4, ...cookie } })
}

/** The cookies of a new session with a text of so many characters. */
async function jarWith(sessions: ReturnType<typeof make>['sessions'], size: number, fill = 'x') {
  const jar = new Jar()
  jar.take(await visit(sessions, null, (session) => session.set('text', fill.repeat(size))))
  return jar
}

const lengthOf = async (sessions: ReturnType<typeof make>['sessions'], header: string) =>
  ((await sessions.read(header)).get('text') as string | undefined)?.length ?? null

describe.each(['sealed', 'signed'] as const)('%s cookies in chunks', (mode) => {
  it('hold a session of any size up to the cap, each whole line within 4096 bytes', async () => {
    const { sessions } = make(mode)
    const counts = new Set<number>()
    // Every size about the borders, and steps between them.
    const sizes = [2800, 2900, 5800, 5900, 8980].flatMap((from) =>
      Array.from({ length: 60 }, (_, i) => from + i)
    )
    for (let size = 0; size < 9000; size += 97) sizes.push(size)
    for (const size of sizes) {
      const jar = await jarWith(sessions, size)
      counts.add(jar.cookies.size)
      expect(await lengthOf(sessions, jar.header)).toBe(size)
    }
    expect([...counts].sort()).toEqual([1, 2, 3, 4])
  })

  it('fill each line to the last byte, whatever the attributes', async () => {
    const attributes = { name: 'app', path: `/${'p'.repeat(1000)}`, domain: 'shop.example.com' }
    const { sessions } = make(mode, attributes)
    const lines = await visit(sessions, null, (session) => session.set('text', 'x'.repeat(6000)))
    expect(lines.map((line) => line.length)).toEqual([4096, 4096, expect.any(Number)])
    for (const line of lines) expect(line).toContain(`; Domain=shop.example.com; Path=/ppp`)
    const jar = new Jar()
    jar.take(lines)
    expect(jar.header).toMatch(/^app=3.+; app\.1=.+; app\.2=/)
    expect(await lengthOf(sessions, jar.header)).toBe(6000)
  })

  it('have a cap in all: more is a typed error that names the largest value', async () => {
    const { sessions } = make(mode)
    const tooMuch = visit(sessions, null, (session) => session.set('text', 'x'.repeat(9300)))
    const error = (await tooMuch.catch((error) => error)) as CookieOverflowError
    expect(error).toBeInstanceOf(CookieOverflowError)
    expect(error.size).toBeGreaterThan(error.limit)
    expect(error.largest[0]).toMatchObject({ key: 'text' })
    const two = make(mode, { chunks: 2 })
    expect((await jarWith(two.sessions, 5600)).cookies.size).toBe(2)
    await expect(jarWith(two.sessions, 6200)).rejects.toBeInstanceOf(CookieOverflowError)
  })

  it('hold text of any script', async () => {
    const { sessions } = make(mode)
    const jar = await jarWith(sessions, 1700, 'ü€')
    expect((await sessions.read(jar.header)).get('text')).toBe('ü€'.repeat(1700))
  })

  it('remove what is left of a longer session, and all of them at its end', async () => {
    const { sessions } = make(mode)
    const jar = await jarWith(sessions, 6000)
    expect([...jar.cookies.keys()]).toEqual([NAME, `${NAME}.1`, `${NAME}.2`])
    const shorter = await visit(sessions, jar.header, (s) => s.set('text', 'x'.repeat(3500)))
    expect(shorter).toHaveLength(3)
    expect(shorter[2]).toMatch(
      /^__Host-session\.2=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax$/
    )
    jar.take(shorter)
    expect([...jar.cookies.keys()]).toEqual([NAME, `${NAME}.1`])
    const ended = await visit(sessions, jar.header, (session) => session.destroy())
    expect(ended).toHaveLength(2)
    jar.take(ended)
    expect(jar.cookies.size).toBe(0)
  })

  it('a short session is one plain cookie, as without the option', async () => {
    const { sessions } = make(mode)
    const jar = await jarWith(sessions, 10)
    const without = recordedSessions({ storage: cookieStorage({ mode }) }).sessions
    expect(await lengthOf(without, jar.header)).toBe(10)
    const old = await jarWith(without, 20)
    expect(await lengthOf(sessions, old.header)).toBe(20)
  })

  it('h3 chunk count, §2.18 a hostile set of chunks is a new, empty session and an event', async () => {
    const { sessions, events } = make(mode)
    const jar = await jarWith(sessions, 8000)
    const newer = new Jar()
    newer.take(await visit(sessions, jar.header, (s) => s.set('text', 'y'.repeat(8000))))
    const [first, one, two] = [NAME, `${NAME}.1`, `${NAME}.2`].map((name) => jar.cookies.get(name)!)
    const [newFirst, newOne, newTwo] = [...newer.cookies.values()]
    const set = (values: Record<string, string | undefined>) =>
      Object.entries(values)
        .filter(([, value]) => value !== undefined)
        .map(([suffix, value]) => `${NAME}${suffix}=${value}`)
        .join('; ')
    const flip = (text: string, at: number) =>
      `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
    const hostile: Record<string, string> = {
      'the first missing': set({ '.1': one, '.2': two }),
      'the second missing': set({ '': first, '.2': two }),
      'the last missing': set({ '': first, '.1': one }),
      swapped: set({ '': first, '.1': two, '.2': one }),
      'the second twice': set({ '': first, '.1': one, '.2': one }),
      'a count of less': set({ '': `2${first!.slice(1)}`, '.1': one, '.2': two }),
      'a count of more': set({ '': `4${first!.slice(1)}`, '.1': one, '.2': two, '.3': 'A' }),
      'a count over the option': set({ '': `9${first!.slice(1)}`, '.1': one, '.2': two }),
      'a count of none': set({ '': first!.slice(1), '.1': one, '.2': two }),
      'a count of 0': set({ '': `0${first!.slice(1)}`, '.1': one, '.2': two }),
      'mixed: the first newer': set({ '': newFirst, '.1': one, '.2': two }),
      'mixed: the second newer': set({ '': first, '.1': newOne, '.2': two }),
      'mixed: the last newer': set({ '': first, '.1': one, '.2': newTwo }),
      'a bit of the first': set({ '': flip(first!, 100), '.1': one, '.2': two }),
      'a bit of the second': set({ '': first, '.1': flip(one!, 100), '.2': two }),
      'a bit of the last': set({ '': first, '.1': one, '.2': flip(two!, 10) }),
      'a planted second in front': `${NAME}.1=evil; ${jar.header}`,
      'an empty second': set({ '': first, '.1': '', '.2': two }),
      'a second that is not ASCII': set({ '': first, '.1': `é${one}`, '.2': two }),
      'a second of 16 KiB': set({ '': first, '.1': 'A'.repeat(16_384), '.2': two }),
    }
    for (const [what, header] of Object.entries(hostile)) {
      events.length = 0
      const session = await sessions.read(header)
      expect(session.all(), what).toEqual({})
      const expected = what === 'the first missing' ? 0 : 1
      expect(
        events.filter(({ type }) => type === 'reject'),
        what
      ).toHaveLength(expected)
    }
    expect(await lengthOf(sessions, jar.header)).toBe(8000)
  })

  it('of any chunks of two versions, in any order, only whole versions open', async () => {
    const { sessions } = make(mode)
    const jars = [await jarWith(sessions, 6000, 'a'), await jarWith(sessions, 6500, 'b')]
    const pairs = jars.flatMap((jar) => [...jar.cookies].map((pair) => pair.join('=')))
    // What is first of each name counts.
    const firsts = (header: readonly string[]) => {
      const cookies = new Map<string, string>()
      for (const pair of header) {
        const [name] = pair.split('=')
        if (!cookies.has(name!)) cookies.set(name!, pair)
      }
      return [...cookies.values()].sort().join('; ')
    }
    const wholes = new Map(
      jars.map((jar) => [firsts(jar.header.split('; ')), jar === jars[0] ? 'a' : 'b'])
    )
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...pairs), { maxLength: 3 }),
        async (header) => {
          const text = (await sessions.read(header.join('; '))).get('text') as string | undefined
          expect(text?.[0]).toBe(wholes.get(firsts(header)))
        }
      ),
      { numRuns: 500 }
    )
  })

  it('what is left of a longer one does no harm', async () => {
    const { sessions } = make(mode)
    const jar = await jarWith(sessions, 4000)
    expect(jar.cookies.size).toBe(2)
    expect(await lengthOf(sessions, `${jar.header}; ${NAME}.2=old; ${NAME}.3=older`)).toBe(4000)
    const short = await jarWith(sessions, 10)
    expect(await lengthOf(sessions, `${NAME}.1=old; ${short.header}`)).toBe(10)
  })

  it('§2.6 of several cookies of our name four are verified, and one of them is joined', async () => {
    const { sessions, events } = make(mode)
    const jar = await jarWith(sessions, 4000)
    const short = (await jarWith(sessions, 7)).header
    events.length = 0
    expect(await lengthOf(sessions, `${NAME}=a; ${jar.header}`)).toBe(4000)
    expect(await lengthOf(sessions, `${jar.header}; ${short}`)).toBe(4000)
    expect(await lengthOf(sessions, `${short}; ${jar.header}`)).toBe(7)
    expect(events.filter(({ type }) => type === 'duplicate')).toEqual(
      Array(3).fill({ type: 'duplicate', count: 2 })
    )
    expect(await lengthOf(sessions, `${`${NAME}=a; `.repeat(4)}${jar.header}`)).toBeNull()
    const other = await jarWith(sessions, 4100)
    const first = other.cookies.get(NAME)!
    expect(await lengthOf(sessions, `${NAME}=${first}; ${jar.header}`)).toBeNull()
  })

  it('say that a flash message waits, also where nobody looks', async () => {
    const { sessions } = make(mode)
    const jar = await jarWith(sessions, 6000)
    jar.take(await visit(sessions, jar.header, (session) => session.flash('notice', 'saved')))
    const waiting = sessions.defer(jar.header)
    jar.take(await sessions.commit(waiting))
    expect((await sessions.read(jar.header)).getFlash('notice')).toBeUndefined()
    expect(await lengthOf(sessions, jar.header)).toBe(6000)
  })

  it('go through the middleware', async () => {
    const app = new Hono()
      .use(
        sessionMiddleware({
          secrets: SECRET,
          storage: cookieStorage({ mode }),
          cookie: { chunks: 3, secure: 'auto' },
        })
      )
      .get('/set/:size', (c) => {
        c.var.session.set('text', 'x'.repeat(Number(c.req.param('size'))))
        return c.text('')
      })
      .get('/size', (c) => c.json(c.var.session.get('text', '').length))
    const jar = new Jar()
    const go = async (path: string) => {
      const response = await app.request(path, { headers: { Cookie: jar.header } })
      jar.take(response.headers.getSetCookie())
      return response
    }
    for (const size of [10, 6000, 3500, 50]) {
      await go(`/set/${size}`)
      expect(await (await go('/size')).json()).toBe(size)
    }
    expect([...jar.cookies.keys()]).toEqual(['session'])
  })
})

describe('cookie.chunks', () => {
  it.each([0, -1, 1.5, 5, Number.NaN, '2' as never])('refuses %s', (chunks) => {
    expect(() => make('sealed', { chunks })).toThrow(ConfigurationError)
  })

  it('refuses a name that leaves no place for a number', () => {
    const name = 'n'.repeat(255)
    expect(() => make('sealed', { name })).toThrow(ConfigurationError)
    expect(() => make('sealed', { name, chunks: 1 })).not.toThrow()
  })

  it('is off by default', async () => {
    const { sessions } = recordedSessions({ storage: cookieStorage() })
    await expect(jarWith(sessions, 4000)).rejects.toBeInstanceOf(CookieOverflowError)
  })

  it('changes nothing of a session on a server', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage(), cookie: { chunks: 4 } })
    const jar = await jarWith(sessions, 100_000)
    expect(jar.cookies.size).toBe(1)
    expect(await lengthOf(sessions, jar.header)).toBe(100_000)
    expect(defaultEngine.listCookies(jar.header)).toHaveLength(2)
  })
})
