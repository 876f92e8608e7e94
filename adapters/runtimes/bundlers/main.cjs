/** The app as a CommonJS module, which requires the package. */
const { Hono } = require('hono')
const { engine } = require('tuile/codec')
const { session } = require('tuile/hono')
const { visitTwice } = require('./app.js')

visitTwice({ Hono, session, engine }).then(console.log)
