import { cookieStorage, memoryStorage } from 'tuile'
import { sessionConformance, storageConformance } from 'tuile/testing'
import { describe, it } from 'vitest'

describe('memoryStorage keeps the contract of storages', () => {
  for (const { name, run } of storageConformance(() => memoryStorage())) it(name, run)
})

describe('sessions in memoryStorage', () => {
  for (const { name, run } of sessionConformance(() => memoryStorage())) it(name, run)
})

describe('sessions in cookieStorage', () => {
  const cases = sessionConformance(() => cookieStorage(), { server: false })
  for (const { name, run } of cases) it(name, run)
})
