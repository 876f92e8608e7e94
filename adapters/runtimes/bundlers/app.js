/**
 * What every bundle does: counts two visits of one visitor, whose cookie the second request brings.
 *
 * @returns {Promise<string>} The engine, why it is that one, and the visits, as JSON.
 */
export async function visitTwice({ Hono, session, engine }) {
  const app = new Hono()
    .use(session({ secrets: 'bundlers: a secret of more than 32 bytes' }))
    .get('/', (c) => {
      c.var.session.update('visits', (visits = 0) => visits + 1)
      return c.json(c.var.session.get('visits'))
    })

  const first = await app.request('/')
  const [cookie] = first.headers.get('Set-Cookie').split(';')
  const second = await app.request('/', { headers: { Cookie: cookie } })
  return JSON.stringify({ engine: engine.name, reason: engine.reason, visits: await second.json() })
}
