import { describe, expect, it } from 'vitest'
import { byIdentity } from './by-identity.ts'
import { queueOf } from './lock-queue.ts'
import { encryptedStorage } from './storage/encrypted.ts'
import { fromDriver } from './storage/driver.ts'
import { memoryStorage } from './storage/memory.ts'
import { tieredStorage } from './storage/tiered.ts'
import { KEYS } from './storage/workers.fixture.ts'

describe('byIdentity', () => {
  it('gives one value for each root and name', () => {
    let made = 0
    const numberOf = byIdentity(() => ++made)
    const [one, other] = [{}, {}]
    const identities = [
      [one, ''],
      [one, 'a'],
      [other, ''],
      ['/one', ''],
      ['/other', ''],
      ['', ''],
    ] as const
    const values = identities.map(numberOf)
    expect(new Set(values).size).toBe(identities.length)
    expect(identities.map(([root, name]) => numberOf([root, name]))).toEqual(values)
    expect(made).toBe(identities.length)
  })

  it('keeps no two of them apart by what they have made', () => {
    const listOf = [byIdentity(() => []), byIdentity(() => [])]
    expect(listOf[0]!(['/one', ''])).not.toBe(listOf[1]!(['/one', '']))
  })
})

describe('N11 the lock queue of a storage', () => {
  const driver = { load: () => null, save() {}, destroy() {} }

  it('N11 is one for all storages of one identity, through every wrapper', () => {
    const make = () => fromDriver(driver)
    const queue = queueOf(make())
    const key = KEYS['AES-256']
    for (const storage of [
      make(),
      encryptedStorage(make(), key),
      encryptedStorage(make(), key, { values: false }),
      tieredStorage(memoryStorage(), make()),
      tieredStorage(memoryStorage(), encryptedStorage(make(), key)),
    ]) {
      expect(queueOf(storage)).toBe(queue)
    }
    expect(queueOf(fromDriver({ ...driver }))).not.toBe(queue)
  })

  it('N11 is its own for a storage without an identity, and one through every wrapper', () => {
    const [one, other] = [memoryStorage(), memoryStorage()]
    expect(queueOf(one)).toBe(queueOf(one))
    expect(queueOf(one)).not.toBe(queueOf(other))
    expect(queueOf(encryptedStorage(one, KEYS['AES-256']))).toBe(queueOf(one))
    expect(queueOf(tieredStorage(other, one))).toBe(queueOf(one))
  })
})
