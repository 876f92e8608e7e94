import { cookieStorage, memoryStorage } from 'tuile'
import { encryptedStorage } from 'tuile/storage/encrypted'
import { tieredStorage } from 'tuile/storage/tiered'
import { sessionConformance, storageConformance } from 'tuile/testing'
import { describe, it } from 'vitest'

/** The races are run in full on Node, beside each storage; here it is the runtime that is tested. */
const FEW = { interleavings: 100 }

describe('memoryStorage keeps the contract of storages', () => {
  for (const { name, run } of storageConformance(() => memoryStorage())) it(name, run)
})

describe('sessions in memoryStorage', () => {
  for (const { name, run } of sessionConformance(() => memoryStorage(), FEW)) it(name, run)
})

describe.each([16, 24, 32])('encryptedStorage with a key of %i bytes', (size) => {
  const create = () => encryptedStorage(memoryStorage(), new Uint8Array(size).fill(7))
  for (const { name, run } of storageConformance(create)) it(name, run)
  for (const { name, run } of sessionConformance(create, FEW)) it(name, run)
})

describe('tieredStorage', () => {
  const create = () => tieredStorage(memoryStorage(), memoryStorage())
  for (const { name, run } of storageConformance(create)) it(name, run)
  for (const { name, run } of sessionConformance(create, FEW)) it(name, run)
})

describe('sessions in cookieStorage', () => {
  const cases = sessionConformance(() => cookieStorage(), { server: false })
  for (const { name, run } of cases) it(name, run)
})
