/**
 * Puts load on servers: each line on stdin is `{ port, path, host, cookies, … }` as JSON, with `amount`, a
 * number of requests, or `duration` in seconds. The answer is the requests and the seconds they took.
 * Each cookie has a connection of its own, which is kept.
 */
import { createInterface } from 'node:readline'
import autocannon from 'autocannon'

async function load({ port, path, host, cookies, ...how }) {
  const waiting = [...cookies]
  const { requests, duration, errors, non2xx } = await autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    connections: cookies.length,
    ...how,
    sampleInt: 100,
    setupClient: (client) => client.setHeaders({ Host: host, Cookie: waiting.pop() }),
  })
  if (errors + non2xx > 0) throw new Error(`${path}: ${errors} errors, ${non2xx} wrong answers`)
  return { requests: requests.total, seconds: duration }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await load(JSON.parse(line))))
}
