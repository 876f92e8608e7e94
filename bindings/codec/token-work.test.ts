import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createSigner } from '../token.ts'
import { agreeingRing, bytesOf, portableEngine } from './engines.fixture.ts'
import { nodeKey, nodeToken, secrets, testKey } from './keys.fixture.ts'
import { meteredEngine } from './workload.fixture.ts'

const { macs } = vi.hoisted(() => ({ macs: { count: 0 } }))

vi.mock('./portable/hmac.ts', async (original) => {
  const actual = await original<typeof import('./portable/hmac.ts')>()
  const authenticate: typeof actual.authenticate = (...args) => {
    macs.count++
    actual.authenticate(...args)
  }
  return { ...actual, authenticate }
})

const NAME = 'sid'
const keys = Array.from({ length: 16 }, (_, i) => testKey(i))
const token = nodeToken(keys[7]!, 'k5Jx0-pZ_3qWvT8yLmNb2RcA')
const bad = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`

/** Headers, and how many MACs each may cost. A MAC of a short text is two compressions. */
const COSTS: readonly (readonly [what: string, header: string, macs: number])[] = [
  ['no cookie of ours', 'a=b; c=d', 0],
  ['our cookie, whichever of 16 keys signed it', `sid=${token}`, 1],
  ['our cookie among 200 others', `${'a=b; '.repeat(200)}sid=${token}`, 1],
  ['a wrong signature', `sid=${bad}`, 1],
  ['a key that is not ours', `sid=${nodeToken(testKey(99, '___'), 'a')}`, 0],
  ['no token', 'sid=0123456789; sid=T; sid=TAAA.', 0],
  ['a format that we do not have', `sid=X${token.slice(1)}`, 0],
  ['characters that are not ASCII', `sid=${token}é`, 0],
  ['a value over 4096 characters', `sid=${token}${'x'.repeat(4096)}`, 0],
  ['a header over 16,384 characters', `sid=${token}; ${'x'.repeat(16_384)}`, 0],
  ['a header of 1 MiB', `sid=${token}; ${'x'.repeat(1 << 20)}`, 0],
  ['5,000 copies of our cookie, shortened', `${`sid=${bad};`.repeat(200)}sid=${token}`, 4],
  ['a good one behind three bad ones', `${`sid=${bad};`.repeat(3)}sid=${token}`, 4],
  ['a good one before others', `sid=${token};${`sid=${bad};`.repeat(100)}`, 1],
]

describe('the work of open()', () => {
  const { engine, memory, workOf } = meteredEngine()
  const ring = engine.createRing(NAME, keys)
  const portable = portableEngine.createRing(NAME, keys)
  beforeEach(() => void (macs.count = 0))

  it.each(COSTS)('B6 open() of the core on %s', (_, header, count) => {
    expect(workOf(() => ring.open(header)).compressions).toBe(2 * count)
  })

  it.each(COSTS)('B6 open() of the portable engine on %s', (_, header, count) => {
    portable.open(header)
    expect(macs.count).toBe(count)
  })

  it('open() costs one MAC more for each key that shares the fingerprint', () => {
    const same = [1, 2, 3].map((number) => testKey(number, 'AbC'))
    const header = `sid=${nodeToken(same[2]!, 'a')}`
    const own = engine.createRing(NAME, same)
    expect(workOf(() => own.open(header)).compressions).toBe(6)
    portableEngine.createRing(NAME, same).open(header)
    expect(macs.count).toBe(3)
  })

  it('open() compresses a text of up to 51 characters in one block, and others in as few', () => {
    for (const [length, blocks] of [
      [0, 1],
      [51, 1],
      [52, 2],
      [115, 2],
      [116, 3],
      [3900, 62],
    ] as const) {
      const header = `sid=${nodeToken(keys[0]!, 'A'.repeat(length))}`
      expect(workOf(() => ring.open(header)).compressions, `${length}`).toBe(blocks + 1)
    }
  })

  it('CVE-2013-0263, §2.23 open() does the same work wherever a signature is wrong', () => {
    const dot = token.indexOf('.')
    const work = [dot + 1, dot + 22, token.length - 1].map((at) => {
      const wrong = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      return workOf(() => ring.open(`sid=${wrong}`))
    })
    expect(work[1]).toEqual(work[0])
    expect(work[2]).toEqual(work[0])
  })

  it('a ring prepares its keys once: switching rings hashes nothing', () => {
    const other = engine.createRing('other', keys)
    const otherToken = other.signText('a', 'T')
    const switching = workOf(() => {
      ring.open(`sid=${token}`)
      other.open(`other=${otherToken}`)
    })
    expect(switching.compressions).toBe(4)
  })

  it('I2, §2.25, §2.40 the memory of the core keeps no secret and no key', () => {
    /** The places of a text of which eight bytes in a row are in the memory. */
    const foundOf = (bytes: Buffer): number[] =>
      [...Array(bytes.length - 7).keys()].filter((at) =>
        Buffer.from(memory.buffer).includes(bytes.subarray(at, at + 8))
      )
    // The longest that people use: 64 bytes of hexadecimal, and more.
    for (const size of [32, 64, 128, 200]) {
      const secret = Buffer.from(bytesOf(size)).toString('hex').slice(0, size)
      const { key } = nodeKey(secret, NAME)
      const find = () => [foundOf(Buffer.from(secret)), foundOf(Buffer.from(key))]
      const signer = createSigner(engine, secret, { name: NAME })
      expect(find(), `secret of ${size} bytes, before its first use`).toEqual([[], []])
      expect(signer.verify(`sid=${signer.sign('a')}`)).toBe('a')
      expect(find(), `secret of ${size} bytes, after its first use`).toEqual([[], []])
    }
  })

  it('I2 the memory of the core never grows', () => {
    engine.sha256(bytesOf(1 << 20))
    engine.decodeBase64url('A'.repeat(1 << 20))
    expect(memory.buffer.byteLength).toBe(65_536)
    expect(memory.byteLength).toBe(65_536)
  })

  it('the counting engines are the engines', () => {
    const theirs = agreeingRing(NAME, keys).open(`sid=${token}`)
    expect(ring.open(`sid=${token}`)).toEqual(theirs)
    expect(theirs).toMatchObject({ keyIndex: 7 })
    expect(nodeKey(secrets[0], NAME)).not.toEqual(keys[0])
  })
})
