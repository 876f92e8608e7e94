/**
 * Two windows of one session, and one of another, in a real browser.
 *
 * @module
 */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHROMIUM_ARGUMENTS, chromiumProgram, NO_CHROMIUM } from '../../../scripts/chromium.js'
import { startDemo, type RunningDemo } from '../serve.ts'

const skipped = chromiumProgram === undefined ? ` (${NO_CHROMIUM})` : ''

describe.skipIf(chromiumProgram === undefined)(`two windows in Chromium${skipped}`, () => {
  let browser: Browser
  let demo: RunningDemo
  let first: Page
  let second: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: chromiumProgram!,
      args: CHROMIUM_ARGUMENTS,
    })
  })
  afterAll(() => browser?.close())

  const open = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    const followed = page.waitForResponse((response) => response.url().endsWith('/events'))
    await page.goto(demo.url)
    expect((await followed).status()).toBe(200)
    // A page that is loaded again forgets this.
    await page.evaluate('window.stayed = true')
    return page
  }
  const stayed = (page: Page): Promise<unknown> => page.evaluate('window.stayed')
  const press = async (page: Page, name: string): Promise<void> => {
    const loaded = page.waitForEvent('load')
    await page.getByRole('button', { name, exact: true }).click()
    await loaded
  }
  const signIn = async (page: Page, name: string): Promise<void> => {
    await page.getByLabel('Your name').fill(name)
    await press(page, 'Sign in')
  }
  const cartOf = (page: Page, text: string) => page.locator('.receipt', { hasText: text })

  beforeEach(async () => {
    complaints = []
    demo = await startDemo({ storage: 'memory', host: '127.0.0.1', port: 0, secret: null })
    const context = await browser.newContext()
    first = await open(context)
    second = await open(context)
  })
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
    await demo.stop()
    expect(complaints).toEqual([])
  })

  test('show the cart of each other without a reload, and what is typed stays', async () => {
    const stranger = await open(await browser.newContext())
    await second.getByLabel('Your name').pressSequentially('Gra')
    await press(first, 'Add to cart: Madeleine')
    await cartOf(second, 'Madeleine').waitFor()
    await second.locator('[data-live=contents]', { hasText: '"madeleine": 1' }).waitFor()
    await second.getByLabel('Your name').pressSequentially('ce')
    expect(await second.getByLabel('Your name').inputValue()).toBe('Grace')
    expect(await stayed(second)).toBe(true)

    await press(second, 'One more: Madeleine')
    await first.locator('.count', { hasText: '2' }).waitFor()
    await press(stranger, 'Add to cart: Tuile aux amandes')
    expect(await cartOf(stranger, 'Madeleine').count()).toBe(0)
    expect(await cartOf(first, 'Tuile').count()).toBe(0)
  })

  test('keep the focus on a button that is replaced', async () => {
    await press(first, 'Add to cart: Madeleine')
    await cartOf(second, 'Madeleine').waitFor()
    const more = second.getByRole('button', { name: 'One more: Madeleine' })
    await more.focus()
    await press(first, 'One more: Madeleine')
    await second.locator('.count', { hasText: '2' }).waitFor()
    expect(await second.evaluate('document.activeElement.ariaLabel')).toBe('One more: Madeleine')
  })

  test('say that the session is over when the server was started again and knows none', async () => {
    await signIn(first, 'Ada')
    const port = Number(new URL(demo.url).port)
    await demo.stop()
    demo = await startDemo({ storage: 'memory', host: '127.0.0.1', port, secret: null })
    for (const page of [first, second]) {
      await page.getByRole('alert').waitFor()
      expect(await page.locator('h1').textContent()).toBe('Your session is over.')
      expect(await page.locator('body').innerText()).not.toContain('Ada')
    }
    // While the server was away.
    complaints = complaints.filter((text) => !text.includes('net::ERR_'))
  })

  test('are signed in together, and end together', async () => {
    await signIn(first, 'Ada')
    await second.locator('h1', { hasText: 'Bonjour, Ada.' }).waitFor()
    await press(second, 'Add to cart: Madeleine')
    await cartOf(first, 'Madeleine').waitFor()
    const stranger = await open(await browser.newContext())
    await signIn(stranger, 'Grace')

    await press(first, 'Sign out')
    expect(await first.getByRole('status').allTextContents()).toEqual([
      'You are signed out, and your session is empty.',
    ])
    await second.getByRole('alert').waitFor()
    const text = await second.locator('body').innerText()
    expect(text).toContain('You are signed out.')
    expect(text).toContain('Somebody signed out in another window')
    expect(text).not.toContain('Ada')
    expect(text).not.toContain('Madeleine')
    expect(await second.title()).toBe('You are signed out. · Tuile')
    expect(await stranger.locator('h1').textContent()).toBe('Bonjour, Grace.')

    await second.getByRole('link', { name: 'Back to the shop' }).click()
    await second.locator('h1', { hasText: 'Bonjour.' }).waitFor()
  })
})
