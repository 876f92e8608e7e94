import { describe, expect, test } from 'vitest'
import { nodeKey, nodeUnseal } from '../../bindings/codec/keys.fixture.ts'
import { cookieStorage, memoryStorage } from '../../bindings/index.ts'
import { timeCalls } from './timing.ts'
import { viewSetCookie, viewToken } from './token-view.ts'
import { SECRET, STORAGES, visit } from './visitor.fixture.ts'

/** The page's text without its markup, with its entities. */
const plain = (text: string): string => text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

/** The id in a sealed cookie. */
function idIn(token: string): string {
  const record = nodeUnseal(nodeKey(SECRET, 'session', 'seal'), token)
  return (JSON.parse(record) as { i: string }).i
}

describe('Panel', () => {
  test('says so when there is no cookie yet', async () => {
    const { text } = await visit().get()
    expect(plain(text)).toContain('No cookie came with this request')
    expect(plain(text)).toContain('There is no verified cookie to measure yet.')
    expect(text).toContain('<li>new</li>')
  })

  test('says how long both engines need for the cookie of this request', async () => {
    const visitor = visit()
    await visitor.get()
    const { text } = await visitor.get()
    expect(text).toMatch(/<dd data-engine="wasm">[\d,]+ ns<\/dd>/)
    expect(text).toMatch(/<dd data-engine="portable">[\d,]+ ns<\/dd>/)
    expect(plain(text)).toMatch(/the median of \d+ \(wasm\) and \d+ \(portable\) calls/)
    expect(text).toContain('<li>not new</li>')
  })

  test('shows the payload of a cookie in its parts, decoded, with the id cut', async () => {
    const visitor = visit()
    await visitor.get()
    const { cookie } = visitor
    const { text } = await visitor.get()
    expect(text).toContain(`<code>session</code>, ${8 + cookie!.length} characters.`)
    expect(text).toContain('<span class="format">S</span>')
    expect(text).toContain(`<span class="fingerprint">${cookie!.slice(1, 4)}</span>`)
    expect(text).toContain(`<span class="body">${cookie!.slice(4, 28)}…${cookie!.slice(-6)}</span>`)
    expect(plain(text)).toContain('a sealed payload')
    expect(text).not.toContain('class="mac"')
    expect(text).toMatch(/&quot;i&quot;: &quot;[\w-]{4}…&quot;/)
    expect(text).toContain('kept in the cookie')
  })

  test('shows the parts of a signed payload as well', async () => {
    const visitor = visit({ storage: cookieStorage({ mode: 'signed' }) })
    await visitor.get()
    const [, mac] = visitor.cookie!.split('.') as [string, string]
    const { text } = await visitor.get()
    expect(text).toContain('<span class="format">P</span>')
    expect(text).toContain(`<span class="mac">${mac.slice(0, 6)}…</span>`)
    expect(plain(text)).toContain('Whoever has the cookie can read it')
  })

  test('tells an id from a payload, and that a message waits', async () => {
    const visitor = visit({ storage: memoryStorage() })
    const { text } = await visitor.post('/sign-in', { name: 'Ada' })
    expect(text).toContain('<span class="format">t</span>')
    expect(plain(text)).toContain('a signed id, and a flash message waits')
    expect(plain(text)).toContain('&quot;text&quot;: &quot;Welcome, Ada.&quot;')
    expect(text).toContain('kept on the server')
  })

  test('shows the attributes of the cookie that the response sets', async () => {
    const { text, response } = await visit().get()
    const [line] = response.headers.getSetCookie()
    for (const attribute of line!.split('; ').slice(1)) {
      expect(text).toContain(`<code>${attribute}</code>`)
    }
    expect(plain(text)).toContain(`a line of ${line!.length} characters`)
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  test('says so when the response sets none', async () => {
    const visitor = visit({ storage: memoryStorage() })
    await visitor.get()
    expect(plain((await visitor.get()).text)).toContain('None: what changed is on the server')
  })

  test('knows the cookie of HTTPS', async () => {
    const visitor = visit({}, 'https://demo.example')
    await visitor.get()
    const { text } = await visitor.get()
    expect(text).toContain('<code>__Host-session</code>, ')
    expect(text).toContain('<code>Secure</code>')
    expect(text).toMatch(/<dd data-engine="wasm">[\d,]+ ns/)
  })

  test('takes a cookie that does not verify apart no further', async () => {
    const visitor = visit()
    await visitor.get()
    visitor.cookie = visitor.cookie!.slice(0, -1)
    const { text } = await visitor.get()
    expect(plain(text)).toContain('It did not verify')
    expect(text).not.toContain('class="token"')
    expect(text).not.toContain('data-engine')
  })

  test('says so when a cookie verifies whose session has ended', async () => {
    const [first, second] = [
      visit({ storage: memoryStorage() }),
      visit({ storage: memoryStorage() }),
    ]
    await first.get()
    second.cookie = first.cookie
    expect(plain((await second.get()).text)).toContain('It verified, but its session has ended')
  })

  test.each(STORAGES)(
    'never shows what opens a session, with the %s storage',
    async (_, create) => {
      const visitor = visit({ storage: create() })
      await visitor.get()
      const sent = visitor.cookie!
      const { text } = await visitor.get()
      for (const cookie of [sent, visitor.cookie!]) {
        const [body, mac = body] = cookie.split('.') as [string, string?]
        // What is signed on a server is the id itself; what is sealed holds it.
        const id = cookie.startsWith('S') ? idIn(cookie) : body.slice(4)
        expect(id).toMatch(/^[\w-]{16}$|^[\w-]{40}$/)
        for (const secret of [mac, body, id]) expect(text).not.toContain(secret)
      }
    }
  )
})

describe('viewToken()', () => {
  test('gives null for what is no token', () => {
    for (const text of [
      '',
      'T',
      'P123',
      `X123abc.${'m'.repeat(43)}`,
      `T123abc.${'m'.repeat(42)}`,
      `S123${'m'.repeat(53)}`,
    ]) {
      expect(viewToken(text, '{}')).toBeNull()
    }
  })

  test('decodes no payload that is not JSON', () => {
    const token = viewToken(`Pabc____.${'m'.repeat(43)}`, 'no JSON')
    expect(token).toMatchObject({ format: 'P', kind: 'payload', decoded: null })
  })
})

test('viewSetCookie() leaves the value out', () => {
  const view = viewSetCookie('session=secret; Path=/; HttpOnly')
  expect(view).toEqual({ name: 'session', length: 32, attributes: ['Path=/', 'HttpOnly'] })
})

describe('timeCalls()', () => {
  /** A clock that is asked for the time before and after each batch. */
  const clockOf = (batches: readonly number[]): (() => number) => {
    let time = 0
    const times = [0, ...batches.flatMap((batch) => [time, (time += batch)])]
    return () => times.shift() ?? time
  }

  test('gives the median of the batches, per call', () => {
    const clock = clockOf([0.1, 0.02, 0.9, 0.03, 0.01, 0.02, 0.02, 0.02, 0.02, 0.02])
    const { nanoseconds, calls } = timeCalls(() => {}, clock)
    expect(nanoseconds).toBeCloseTo(1000)
    expect(calls).toBe(200)
  })

  test('stops when its budget is spent', () => {
    expect(timeCalls(() => {}, clockOf([1.5, 1.5, 1.5]))).toMatchObject({ calls: 40 })
  })

  test('gives null where the clock moves by whole milliseconds', () => {
    expect(timeCalls(() => {}, clockOf([0, 4]))).toEqual({ nanoseconds: null, calls: 40 })
  })

  test('gives null where the clock does not move', () => {
    expect(
      timeCalls(
        () => {},
        () => 7
      )
    ).toEqual({ nanoseconds: null, calls: 200 })
  })
})
