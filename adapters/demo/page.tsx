/**
 * The frame of every page, and the page that tells of a problem.
 *
 * @module
 */
import { html } from 'hono/html'
import type { Child } from 'hono/jsx'
import type { JSX } from 'hono/jsx/jsx-runtime'
import type { HtmlEscapedString } from 'hono/utils/html'
import { Drawing } from './drawings.tsx'
import { STYLE_URL } from './styles.ts'

/** Where the icon is served. */
export const ICON_PATH = '/icon.svg'

interface PageProps {
  readonly title: string
  /** What stands at the right of the header. */
  readonly aside?: Child
  readonly children: Child
}

function Document({ title, aside, children }: PageProps): JSX.Element {
  return (
    <html lang='en'>
      <head>
        <meta charset='utf-8' />
        <meta name='viewport' content='width=device-width, initial-scale=1' />
        <meta name='color-scheme' content='light dark' />
        <title>{title}</title>
        <link rel='stylesheet' href={STYLE_URL} />
        <link rel='icon' href={ICON_PATH} type='image/svg+xml' />
      </head>
      <body>
        <a class='skip' href='#main'>
          Skip to the content
        </a>
        <header class='top'>
          <a class='brand' href='/'>
            <Drawing of='tuile' size={44} />
            <span>
              <b>Tuile</b>
              <small>A bakery that runs on one cookie</small>
            </span>
          </a>
          {aside}
        </header>
        <main id='main'>{children}</main>
        <footer>
          <p>
            The demo of <b>Tuile</b>, sessions for Hono. Nothing here is for sale, and nothing is
            loaded from anywhere else.
          </p>
        </footer>
      </body>
    </html>
  )
}

/** A whole page, from its doctype on. */
export function renderPage(props: PageProps): HtmlEscapedString | Promise<HtmlEscapedString> {
  return html`<!doctype html>${<Document {...props} />}`
}

/** A page that says what went wrong, and leads back. */
export function renderProblem(
  status: number,
  message: string
): HtmlEscapedString | Promise<HtmlEscapedString> {
  return renderPage({
    title: `${status} · Tuile`,
    children: (
      <section class='card trouble'>
        <p class='eyebrow'>{status}</p>
        <h1>{message}</h1>
        <p>
          <a class='button' href='/'>
            Back to the shop
          </a>
        </p>
      </section>
    ),
  })
}
