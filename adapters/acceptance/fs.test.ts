/**
 * The promises of arika, remix and koa-io-session about sessions in files.
 *
 * @module
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigurationError, createSessions } from '../../bindings/index.ts'
import { Worker } from '../../bindings/storage/fs.processes.fixture.ts'
import { fsStorage } from '../../bindings/storage/fs.ts'
import { SECRET, Site } from './jar.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'tuile-fs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let folders = 0
const newFolder = (): string => join(folder, `${++folders}`)

const siteOf = (directory: string): Site =>
  new Site({ secrets: SECRET, storage: fsStorage(directory) })

/** The files that hold the texts of sessions. */
const textsIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /data-[0-9a-f]+$/.test(path)
  )

/** A visitor who comes back after a restart, with another app on the same folder. */
async function survivesRestart(value: unknown): Promise<unknown> {
  const directory = newFolder()
  const visitor = siteOf(directory).visitor()
  await visitor.send((session) => session.set('value', value))
  const restarted = siteOf(directory).visitor()
  for (const name of visitor.jar.names) restarted.jar.plant(name, visitor.jar.value(name)!)
  return restarted.send((session) => session.get('value'))
}

describe('A26 sessions in files', () => {
  it('A26 survive a restart', async () => {
    expect(await survivesRestart({ cart: ['tea'] })).toEqual({ cart: ['tea'] })
  })

  it('A26 one text file for each session', async () => {
    const directory = newFolder()
    const site = siteOf(directory)
    for (let i = 1; i <= 3; i++) {
      const visitor = site.visitor()
      for (const n of [1, 2]) await visitor.send((session) => session.set('n', n))
      expect(textsIn(directory)).toHaveLength(i)
    }
  })
})

it('A34 two processes count 25 times each in a file, and the count is 50', async () => {
  const directory = newFolder()
  const workers = await Promise.all([Worker.start(directory), Worker.start(directory)])
  const id = await workers[0]!.call('createSession')
  await Promise.all(workers.map((worker) => worker.call('increment', id, 25)))
  expect(await workers[1]!.call('increment', id, 0)).toBe(50)
})

it('A41 the file of an expired session is gone after a sweep, one that lives is not', async () => {
  const directory = newFolder()
  const storage = fsStorage(directory)
  const [short, long] = [1, 3600].map((lifetime) =>
    new Site({ secrets: SECRET, storage, lifetime }).visitor()
  )
  await short!.send((session) => session.set('n', 1))
  await long!.send((session) => session.set('n', 2))
  expect(textsIn(directory)).toHaveLength(2)
  await new Promise((resolve) => setTimeout(resolve, 1050))
  expect(await createSessions({ secrets: SECRET, storage }).sweep()).toBe(1)
  expect(textsIn(directory)).toHaveLength(1)
  expect(await long!.send((session) => session.get('n'))).toBe(2)
})

describe('X12 createFsSessionStorage(directory)', () => {
  it('X12 keeps 20 KB across a restart', async () => {
    const text = 'x'.repeat(20_000)
    expect(await survivesRestart(text)).toBe(text)
  })

  it('X12 makes the directory, and refuses a file', async () => {
    const directory = join(newFolder(), 'deep', 'down')
    await siteOf(directory)
      .visitor()
      .send((session) => session.set('n', 1))
    expect(textsIn(directory)).toHaveLength(1)
    const file = newFolder()
    writeFileSync(file, '')
    expect(() => fsStorage(file)).toThrow(ConfigurationError)
  })

  it('X12 the id is in no name', async () => {
    const directory = newFolder()
    const id = await siteOf(directory)
      .visitor()
      .send((session) => {
        session.set('n', 1)
        return session.id
      })
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    expect(names.filter((name) => name.toLowerCase().includes(id.toLowerCase()))).toEqual([])
  })
})

it('B45 a restart keeps the sessions', async () => {
  expect(await survivesRestart(45)).toBe(45)
})
