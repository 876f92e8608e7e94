/**
 * What requests do to the session that a socket has too.
 *
 * @module
 */

/** Counts one use of a session; gives the count. */
export function count(session) {
  session.update('count', (previous = 0) => previous + 1)
  return session.get('count')
}

/** Adds the pages of the site to an app whose requests have sessions. */
export function addPages(app) {
  return app
    .get('/', (c) => c.text(`count ${count(c.var.session)}`))
    .get('/move', (c) => {
      c.var.session.regenerateId()
      return c.text('moved')
    })
    .get('/out', (c) => {
      c.var.session.destroy()
      return c.text('out')
    })
}
