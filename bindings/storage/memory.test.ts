import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sessionConformance } from '../session-conformance.ts'
import { createSessions } from '../sessions.ts'
import { storageConformance } from './conformance.ts'
import { memoryStorage } from './memory.ts'

describe('memoryStorage keeps the contract of storages', () => {
  for (const { name, run } of storageConformance(() => memoryStorage())) it(name, run)
})

describe('memoryStorage keeps sessions', () => {
  for (const { name, run } of sessionConformance(() => memoryStorage())) it(name, run)
})

describe('memoryStorage', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
  afterEach(() => void vi.useRealTimers())

  const until = (expiresAt: number) => ({ expiresAt, ifVersion: null })

  it('read() gives a record until the millisecond before its end', () => {
    const storage = memoryStorage()
    storage.write('key', 'text', until(1_000_100))
    vi.setSystemTime(1_000_099)
    expect(storage.read('key')).toEqual({ value: 'text', version: 1, expiresAt: 1_000_100 })
    vi.setSystemTime(1_000_100)
    expect(storage.read('key')).toBeNull()
  })

  it('write() never holds more than `max`, and drops what was written longest ago', () => {
    const storage = memoryStorage({ max: 3 })
    for (const key of ['a', 'b', 'c']) storage.write(key, key, until(2_000_000))
    storage.write('a', 'again', { expiresAt: 2_000_000, ifVersion: 1 })
    storage.write('d', 'd', until(2_000_000))
    expect(storage.size).toBe(3)
    expect(['a', 'b', 'c', 'd'].map((key) => storage.read(key)?.value)).toEqual([
      'again',
      undefined,
      'c',
      'd',
    ])
  })

  it('write() drops what has ended as others are written, without a timer', () => {
    const storage = memoryStorage()
    for (let i = 0; i < 1000; i++) storage.write(`old${i}`, '', until(1_000_100))
    vi.setSystemTime(1_000_100)
    expect(vi.getTimerCount()).toBe(0)
    for (let i = 0; i < 1100; i++) storage.write(`new${i}`, '', until(2_000_000))
    expect(storage.size).toBe(1100)
  })

  it('owners.add() drops what has ended and what lost its record, and nothing under way', () => {
    const { owners, ...storage } = memoryStorage()
    const size = () => [...Array(300).keys()].flatMap((i) => owners.keys(`owner${i}`)).length
    for (let i = 0; i < 100; i++) owners.add(`owner${i}`, `key${i}`, 2_000_000)
    for (let i = 0; i < 10; i++) storage.write(`key${i}`, '', until(2_000_000))
    for (let i = 100; i < 200; i++) owners.add(`owner${i}`, `key${i}`, 1_900_000)
    expect(size()).toBe(200)
    vi.setSystemTime(1_070_000)
    for (let i = 200; i < 300; i++) owners.add(`owner${i}`, `key${i}`, 2_000_000)
    expect(size()).toBe(110)
    expect(owners.keys('owner9')).toEqual(['key9'])
  })

  it.each([0, -1, 1.5, Number.NaN, '10' as never])('refuses max: %s', (max) => {
    expect(() => memoryStorage({ max })).toThrow(/max must be a positive integer/)
  })
})

describe('memoryStorage in production', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it('warns once that sessions end with the process', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const secrets = 'memory: a secret of more than 32 bytes'
    createSessions({ storage: memoryStorage(), secrets })
    expect(warn).not.toHaveBeenCalled()
    vi.stubEnv('NODE_ENV', 'production')
    for (let i = 0; i < 2; i++) createSessions({ storage: memoryStorage(), secrets })
    expect(warn).toHaveBeenCalledTimes(1)
    warn.mockRestore()
  })
})
