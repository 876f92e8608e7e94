import { describe, expect, test } from 'vitest'
import { memoryStorage } from '../../bindings/index.ts'
import { createDemo } from './app.tsx'
import { MAX_COUNT } from './catalogue.ts'
import { SECRET, STORAGES, visit, Visitor } from './visitor.fixture.ts'

const FLASH = /<p class="flash (\w+)" role="status">([^<]*)<\/p>/
const flashOf = (text: string): string | undefined => FLASH.exec(text)?.[2]
const visitsOf = (text: string): number => Number(/<b>(\d+)<\/b> visits?/.exec(text)?.[1])
const countsOf = (text: string): number[] =>
  [...text.matchAll(/<span class="count">(\d+)<\/span>/g)].map(([, count]) => Number(count))

describe.each(STORAGES)('createDemo() with the %s storage', (_, createStorage) => {
  const newVisitor = (): Visitor => visit({ storage: createStorage() })

  test('a visitor is counted', async () => {
    const visitor = newVisitor()
    expect(visitsOf((await visitor.get()).text)).toBe(1)
    expect(visitsOf((await visitor.get()).text)).toBe(2)
    expect(visitsOf((await visitor.get()).text)).toBe(3)
  })

  test('a visitor signs in and gets a new id', async () => {
    const visitor = newVisitor()
    await visitor.get()
    const before = visitor.cookie
    const { response } = await visitor.submit('/sign-in', { name: '  Ada  ' })
    expect(response.status).toBe(303)
    expect(response.headers.get('Location')).toBe('/')
    expect(visitor.cookie).not.toBe(before)

    const { text } = await visitor.get()
    expect(text).toContain('<h1>Bonjour, <bdi>Ada</bdi>.</h1>')
    expect(text).toContain('action="/sign-out"')
    expect(text).not.toContain('action="/sign-in"')
    expect(flashOf(text)).toBe('Welcome, Ada.')
  })

  test('a visitor sees a message once', async () => {
    const visitor = newVisitor()
    expect(flashOf((await visitor.post('/sign-in', { name: 'Ada' })).text)).toBe('Welcome, Ada.')
    expect(flashOf((await visitor.get()).text)).toBeUndefined()
  })

  test('a visitor sees the message although the browser loads the style first', async () => {
    const visitor = newVisitor()
    const { text } = await visitor.get()
    const style = /href="(\/style\.css[^"]*)"/.exec(text)![1]!
    await visitor.submit('/sign-in', { name: 'Ada' })
    await visitor.get(style)
    await visitor.get('/icon.svg')
    expect(flashOf((await visitor.get()).text)).toBe('Welcome, Ada.')
  })

  test('a visitor fills a cart and empties it', async () => {
    const visitor = newVisitor()
    expect((await visitor.get()).text).toContain('Still empty')
    await visitor.post('/cart/add', { item: 'tuile' })
    await visitor.post('/cart/add', { item: 'tuile' })
    const { text } = await visitor.post('/cart/add', { item: 'macaron' })
    expect(flashOf(text)).toBe('In your cart: Macaron framboise.')
    expect(countsOf(text)).toEqual([2, 1])
    expect(text).toContain('<b>€5.80</b>')

    await visitor.post('/cart/remove', { item: 'tuile' })
    const less = await visitor.post('/cart/remove', { item: 'macaron' })
    expect(flashOf(less.text)).toBe('Taken out of your cart: Macaron framboise.')
    expect(countsOf(less.text)).toEqual([1])

    const none = await visitor.post('/cart/remove', { item: 'tuile' })
    expect(none.text).toContain('Still empty')
    expect((await visitor.post('/cart/remove', { item: 'sable' })).response.status).toBe(200)
  })

  test('a cart takes no more than fits a cookie', async () => {
    const visitor = newVisitor()
    for (let i = 0; i <= MAX_COUNT; i++) await visitor.submit('/cart/add', { item: 'tuile' })
    const { text } = await visitor.get()
    expect(countsOf(text)).toEqual([MAX_COUNT])
    expect(flashOf(text)).toContain('all we bake')
  })

  test('a visitor keeps the cart when signing in', async () => {
    const visitor = newVisitor()
    await visitor.post('/cart/add', { item: 'sable' })
    expect(countsOf((await visitor.post('/sign-in', { name: 'Ada' })).text)).toEqual([1])
  })

  test('a visitor who signs out leaves nothing in the session but the message', async () => {
    const visitor = newVisitor()
    await visitor.post('/sign-in', { name: 'Adalbert' })
    await visitor.post('/cart/add', { item: 'sable' })
    const before = visitor.cookie
    const { text } = await visitor.post('/sign-out')
    expect(flashOf(text)).toBe('You are signed out, and your session is empty.')
    expect(visitsOf(text)).toBe(1)
    expect(text).toContain('Still empty')
    expect(text).not.toContain('Adalbert')
    expect(text).toContain('action="/sign-in"')
    expect(visitor.cookie).not.toBe(before)
  })

  test('two visitors have a session each', async () => {
    const app = createDemo({ secrets: SECRET, storage: createStorage() })
    const [ada, grace] = [new Visitor(app), new Visitor(app)]
    await ada.post('/sign-in', { name: 'Ada' })
    const { text } = await grace.get()
    expect(text).not.toContain('Ada</bdi>')
    expect(visitsOf(text)).toBe(1)
  })
})

test('a copy of the cookie is worth nothing after a sign-in or sign-out on a server', async () => {
  const app = createDemo({ secrets: SECRET, storage: memoryStorage() })
  const [ada, thief] = [new Visitor(app), new Visitor(app)]
  await ada.get()
  thief.cookie = ada.cookie
  await ada.post('/sign-in', { name: 'Ada' })
  expect((await thief.get()).text).not.toContain('<bdi>Ada</bdi>')
  thief.cookie = ada.cookie
  expect((await thief.get()).text).toContain('<bdi>Ada</bdi>')
  await ada.post('/sign-out')
  expect((await thief.get()).text).not.toContain('<bdi>Ada</bdi>')
})
