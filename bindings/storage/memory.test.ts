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

  it('owners.add() says how many keys the owner has', () => {
    const { owners } = memoryStorage()
    const counts = ['a', 'b', 'a'].map((key) => owners.add('owner', key, 2_000_000))
    expect(counts).toEqual([1, 2, 2])
    owners.remove('owner', 'b')
    expect(owners.add('owner', 'a', 2_000_000)).toBe(1)
  })

  it.each([0, -1, 1.5, Number.NaN, '10' as never])('refuses max: %s', (max) => {
    expect(() => memoryStorage({ max })).toThrow(/max must be a positive integer/)
  })
})

describe('N08 memoryStorage and records that must be kept', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
  afterEach(() => void vi.useRealTimers())

  const until = (expiresAt: number, ifVersion: number | null = null) => ({ expiresAt, ifVersion })
  const kept = (expiresAt: number, ifVersion: number | null = null) => ({
    ...until(expiresAt, ifVersion),
    keep: true,
  })
  const FULL = /^memoryStorage is full: its 3 records must be kept.*Raise `max`, or use a storage/

  it('N08 a record written with keep is there until its end, whatever is written after it', () => {
    const storage = memoryStorage({ max: 3 })
    storage.write('kept', 'kept', kept(2_000_000))
    for (let i = 0; i < 1000; i++) expect(storage.write(`${i}`, '', until(3_000_000))).toBe(true)
    expect(storage.size).toBe(3)
    expect(['kept', '998', '999'].map((key) => storage.read(key)?.value)).toEqual(['kept', '', ''])
    vi.setSystemTime(2_000_000)
    storage.write('one more', '', until(3_000_000))
    expect(storage.size).toBe(3)
    expect(storage.read('999')).not.toBeNull()
  })

  it('N08 a write that finds no room throws, says what to do, and changes nothing', () => {
    const storage = memoryStorage({ max: 3 })
    for (const key of ['a', 'b', 'c']) storage.write(key, key, kept(2_000_000))
    expect(() => storage.write('d', 'd', kept(2_000_000))).toThrow(FULL)
    expect(() => storage.write('d', 'd', until(2_000_000))).toThrow(FULL)
    expect(['a', 'b', 'c'].map((key) => storage.read(key)?.value)).toEqual(['a', 'b', 'c'])
    expect(storage.write('d', 'd', until(0))).toBe(true)
    expect(storage.write('a', 'again', kept(2_000_000, 1))).toBe(true)
    storage.destroy('b')
    expect(storage.write('d', 'd', kept(2_000_000))).toBe(true)
    expect(storage.read('a')).toMatchObject({ value: 'again', version: 2 })
  })

  it('N08 kept records that have ended give their room to others', () => {
    const storage = memoryStorage({ max: 3 })
    for (const [i, key] of ['c', 'a', 'b'].entries()) {
      storage.write(key, key, kept(1_000_300 - i * 100))
    }
    for (const [i, ended] of ['b', 'a', 'c'].entries()) {
      const time = 1_000_100 + i * 100
      vi.setSystemTime(time - 1)
      expect(() => storage.write(`new ${i}`, '', kept(2_000_000))).toThrow(FULL)
      vi.setSystemTime(time)
      expect(storage.read(ended)).toBeNull()
      expect(storage.write(`new ${i}`, '', kept(2_000_000))).toBe(true)
    }
    expect(storage.size).toBe(3)
  })

  it('N08 touch() moves the end of a kept record and keeps it; a write without keep does not', () => {
    const storage = memoryStorage({ max: 3 })
    storage.write('touched', '', kept(1_000_100))
    storage.write('rewritten', '', kept(2_000_000))
    for (let i = 0; i < 500; i++) storage.touch('touched', 1_500_000 + i)
    storage.write('rewritten', '', until(2_000_000, 1))
    vi.setSystemTime(1_400_000)
    for (let i = 0; i < 10; i++) storage.write(`${i}`, '', until(3_000_000))
    expect(storage.read('touched')?.expiresAt).toBe(1_500_499)
    expect(storage.read('rewritten')).toBeNull()
  })

  it('N08 sweep() drops kept records that have ended, at most as many as asked for', () => {
    const storage = memoryStorage({ max: 300 })
    for (let i = 0; i < 200; i++) storage.write(`${i}`, '', kept(1_000_000 + ((i * 37) % 200) + 1))
    for (let i = 0; i < 50; i++) storage.touch(`${i}`, 5_000_000)
    vi.setSystemTime(1_000_200)
    expect(storage.sweep(100)).toBe(100)
    expect(storage.sweep(100)).toBe(50)
    expect(storage.size).toBe(50)
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
