import { createSessions } from 'tuile'
import { createSigner } from 'tuile/codec'
import { expect, it } from 'vitest'
import { RUNTIME, SECRETS } from './environment.ts'
import { made } from './made.ts'

const sessions = createSessions<{ from: string }>({ secrets: SECRETS })
const signer = createSigner(SECRETS, { name: 'signed' })

it('makes headers for the other runtimes to open', async () => {
  const session = await sessions.read(null)
  session.set('from', RUNTIME)
  const [line] = await sessions.commit(session)
  const header = `${line!.split(';')[0]}; signed=${signer.sign(RUNTIME)}`
  console.log(`made: ${header}`)
  expect((await sessions.read(header)).get('from')).toBe(RUNTIME)
})

for (const [runtime, header] of Object.entries(made)) {
  it(`opens a header that ${runtime} made`, async () => {
    expect((await sessions.read(header)).get('from')).toBe(runtime)
    expect(signer.verify(header)).toBe(runtime)
  })
}
