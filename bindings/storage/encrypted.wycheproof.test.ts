import { expect } from 'vitest'
import { itNeeds, type AeadVector } from '../codec/corpus.fixture.ts'
import { bytesFromHex, hexOf } from '../codec/engines.fixture.ts'
import { importRawKey } from './encrypted.ts'

interface Wycheproof {
  readonly testGroups: readonly {
    readonly ivSize: number
    readonly keySize: number
    readonly tagSize: number
    readonly tests: readonly AeadVector[]
  }[]
}

const bytesOf = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(bytesFromHex(hex))

/** The primitive of `encryptedStorage`, with the keys that it takes: AES-GCM, nonces of 96 bits. */
async function check(vector: AeadVector): Promise<void> {
  const key = await importRawKey(Buffer.from(vector.key, 'hex').toString('base64'))
  const [iv, additionalData] = [bytesOf(vector.iv), bytesOf(vector.aad)]
  const parameters = { name: 'AES-GCM', iv, additionalData }
  const sealed = bytesOf(vector.ct + vector.tag)
  const opened = await crypto.subtle.decrypt(parameters, key, sealed).then(
    (bytes) => hexOf(new Uint8Array(bytes)),
    () => null
  )
  expect(opened, `${vector.tcId}`).toBe(vector.result === 'valid' ? vector.msg : null)
  if (vector.result === 'invalid') return
  const made = await crypto.subtle.encrypt(parameters, key, bytesOf(vector.msg))
  expect(hexOf(new Uint8Array(made)), `${vector.tcId}`).toBe(vector.ct + vector.tag)
}

itNeeds<[Wycheproof]>(
  ['crypto/wycheproof_aes_gcm_test'],
  'A5 AES-GCM: all vectors with nonces of 96 bits, 133/133, of AES-256 45/45',
  async ({ testGroups }) => {
    const counts: Record<number, number> = {}
    for (const { ivSize, keySize, tagSize, tests } of testGroups) {
      if (ivSize !== 96 || tagSize !== 128) continue
      counts[keySize] = (counts[keySize] ?? 0) + tests.length
      for (const vector of tests) await check(vector)
    }
    expect(counts).toEqual({ 128: 44, 192: 44, 256: 45 })
  }
)
