/** Express, for reference: an app that only reads the Cookie header, and express-session. */
import express from 'express'
import session from 'express-session'

function reader() {
  return express()
    .get(
      '/read',
      (req, res) => void res.type('text').send(req.headers.cookie ? 'somebody' : 'nobody')
    )
    .get('/write', (req, res) => void res.type('text').send(req.headers.cookie ? '42' : '1'))
}

/** With its `MemoryStore`, which keeps JSON. */
function withSession({ cookieName, secret }) {
  return express()
    .use(session({ name: cookieName, secret, resave: false, saveUninitialized: false }))
    .get('/start/:user', (req, res) => {
      Object.assign(req.session, { userId: req.params.user, visits: 41 })
      res.send('')
    })
    .get('/read', (req, res) => void res.type('text').send(req.session.userId ?? 'nobody'))
    .get('/write', (req, res) => {
      req.session.visits = (req.session.visits ?? 0) + 1
      res.type('text').send(`${req.session.visits}`)
    })
}

/** By name, what makes each. */
export const EXPRESS_APPS = {
  'express that reads the Cookie header': reader,
  'express-session': withSession,
}
