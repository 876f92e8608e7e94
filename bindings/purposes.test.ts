/**
 * What is made for one purpose is worth nothing for another, under one secret and one cookie name.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { createCsrfToken, isCsrfToken } from './csrf-token.ts'
import type { RingKey } from './codec/engine.ts'
import { nodeKey, nodeSealed, nodeToken, nodeUnseal } from './codec/keys.fixture.ts'
import { defaultEngine } from './codec/select.ts'
import { createSealer, createSigner } from './codec.ts'
import { SessionClients } from './live/clients.ts'
import { createNodes, settle, startSession } from './live/nodes.fixture.ts'
import type { Session } from './session.ts'
import { recordedSessions, SECRET } from './sessions.fixture.ts'
import type { SessionStorage } from './storage/contract.ts'
import { cookieStorage, type CookieStorageOptions } from './storage/cookie.ts'
import { memoryStorage } from './storage/memory.ts'

const NAME = '__Host-session'

/** All that there are, one that is reserved, and those of earlier versions. */
const PURPOSES = [
  ...['id', 'record', 'seal', 'csrf', 'client', 'bus', 'codec', 'blake3'],
  ...['device', 'sign', 'store', ''],
]

/** Something that takes tokens of one purpose. */
interface Taker {
  readonly purpose: string
  /** The cookie name of its keys. */
  readonly name: string
  /** A token as good as its own, under any key. */
  make(key: RingKey): string
  takes(token: string): boolean | Promise<boolean>
}

const now = Date.now()
/** The record of an administrator, as it would be in a cookie. */
const RECORD = JSON.stringify({ c: now, e: now + 1e7, i: 'A'.repeat(16), n: 0, d: { admin: true } })
const asSigned = (key: RingKey): string =>
  nodeToken(key, Buffer.from(RECORD).toString('base64url'), 'P')
const asSealed = (key: RingKey): string => nodeSealed(key, RECORD)

function cookieTaker(options: CookieStorageOptions, purpose: 'record' | 'seal'): Taker {
  const { sessions } = recordedSessions({ storage: cookieStorage(options) })
  return {
    purpose,
    name: NAME,
    make: purpose === 'record' ? asSigned : asSealed,
    takes: async (token) => (await sessions.read(`${NAME}=${token}`)).get('admin') === true,
  }
}

async function serverTaker(): Promise<Taker> {
  const { sessions } = recordedSessions({ storage: memoryStorage() })
  const { id } = await startSession(sessions)
  return {
    purpose: 'id',
    name: NAME,
    make: (key) => nodeToken(key, id),
    takes: async (token) => !(await sessions.read(`${NAME}=${token}`)).isNew,
  }
}

async function csrfTaker(): Promise<Taker> {
  const session = (await recordedSessions().sessions.read(null)) as Session
  const content = createCsrfToken(session, 'binding').slice(4, 59)
  return {
    purpose: 'csrf',
    name: NAME,
    make: (key) => nodeToken(key, content),
    takes: (token) => isCsrfToken(session, 'binding', token),
  }
}

function clientTaker(): Taker {
  const clients = new SessionClients(recordedSessions({ storage: memoryStorage() }).sessions)
  const name = `${NAME}.cid`
  return {
    purpose: 'client',
    name,
    make: (key) => nodeToken(key, 'A'.repeat(24)),
    takes: (token) => !clients.identify(`${name}=${token}`).isNew,
  }
}

async function busTaker(): Promise<Taker> {
  const { nodes, channel } = createNodes(2)
  const [listening, sending] = nodes
  const { id } = await startSession(sending!.sessions)
  listening!.sessions.watch(id, () => undefined)
  await settle()
  await sending!.sessions.update(id, (session) => session.set('n', 1))
  const message = nodeUnseal(nodeKey(SECRET, NAME, 'bus'), channel.sent[0]!)
  return {
    purpose: 'bus',
    name: NAME,
    make: (key) => nodeSealed(key, message),
    async takes(token) {
      const count = listening!.events.length
      channel.send(token)
      await settle()
      return !listening!.events.slice(count).some(({ type }) => type === 'error')
    },
  }
}

function signerTaker(name: string, mac: 'hmac-sha256' | 'blake3'): Taker {
  const signer = createSigner(SECRET, name === '' ? { mac } : { name, mac })
  return {
    purpose: mac === 'blake3' ? 'blake3' : 'codec',
    name,
    make: (key) => defaultEngine.createRing('a', [key], { mac }).signText('42', 'T'),
    takes: (token) => signer.verify(name === '' ? token : `${name}=${token}`) === '42',
  }
}

function sealerTaker(name: string): Taker {
  const sealer = createSealer(SECRET, name === '' ? {} : { name })
  return {
    purpose: 'codec',
    name,
    make: (key) => nodeSealed(key, '42'),
    takes: (token) => sealer.open(name === '' ? token : `${name}=${token}`) === '42',
  }
}

const TAKERS: [string, () => Taker | Promise<Taker>][] = [
  ['sessions on a server', serverTaker],
  ['sessions in signed cookies', () => cookieTaker({ mode: 'signed' }, 'record')],
  ['sessions in sealed cookies', () => cookieTaker({}, 'seal')],
  ['signed cookies that are accepted', () => cookieTaker({ accept: ['signed'] }, 'record')],
  ['sealed cookies beside those', () => cookieTaker({ accept: ['signed'] }, 'seal')],
  [
    'sealed cookies that are accepted',
    () => cookieTaker({ mode: 'signed', accept: ['sealed'] }, 'seal'),
  ],
  ['csrf', csrfTaker],
  ['the cookie of clients', clientTaker],
  ['the bus', busTaker],
  ['a signer', () => signerTaker(NAME, 'hmac-sha256')],
  ['a signer without a name', () => signerTaker('', 'hmac-sha256')],
  ['a signer with BLAKE3', () => signerTaker(NAME, 'blake3')],
  ['a sealer', () => sealerTaker(NAME)],
  ['a sealer without a name', () => sealerTaker('')],
]

describe('N13 one secret, many purposes', () => {
  it.each(TAKERS)('N13 %s: takes what was made for that, nothing else', async (_, create) => {
    const taker = await create()
    const { fingerprint } = nodeKey(SECRET, taker.name, taker.purpose)
    const taken: string[] = []
    for (const purpose of PURPOSES) {
      const key = nodeKey(SECRET, taker.name, purpose)
      // Under its own fingerprint, and under that of the key which is looked for.
      const tokens = [taker.make(key), taker.make({ ...key, fingerprint })]
      const answers = []
      for (const token of tokens) answers.push(await taker.takes(token))
      if (answers.includes(true)) taken.push(purpose)
      expect(answers[0], purpose).toBe(answers[1])
    }
    expect(taken).toEqual([taker.purpose])
  })

  it.each(['sealed', 'signed', 'server'] as const)(
    'N13 nothing that an app signs or seals is a session: %s',
    async (place) => {
      const storage = memoryStorage()
      const modes = ['sealed', 'signed'] as const
      const { sessions } = recordedSessions({
        storage: place === 'server' ? storage : cookieStorage({ mode: place, accept: modes }),
      })
      const { id } = await startSession(sessions)
      for (const options of [{}, { name: NAME }, { name: 'session' }]) {
        const signers = [
          createSigner(SECRET, options),
          createSigner(SECRET, { ...options, mac: 'blake3' }),
        ]
        const tokens = [id, RECORD].flatMap((text) => [
          ...signers.map(({ sign }) => sign(text)),
          createSealer(SECRET, options).seal(text),
        ])
        for (const token of tokens) {
          const session = await sessions.read(`${sessions.cookieName}=${token}`)
          expect(session.isNew, token).toBe(true)
          expect(session.get('admin'), token).toBeUndefined()
        }
      }
    }
  )

  it('N13 the pointers of clients are sealed with keys of clients, those of no cookie', async () => {
    const written: string[] = []
    const memory = memoryStorage()
    const storage: SessionStorage = {
      ...memory,
      sync: false,
      write(key, value, options) {
        written.push(value)
        return memory.write(key, value, options)
      },
    }
    const { sessions } = recordedSessions({ storage })
    const clients = new SessionClients(sessions)
    const { id } = await startSession(sessions)
    written.length = 0
    await clients.attach('A'.repeat(24), id)
    const key = nodeKey(SECRET, `${NAME}/clients`, 'client')
    expect(written.map((value) => nodeUnseal(key, value))).toEqual([id, 'A'.repeat(24)])
  })
})
