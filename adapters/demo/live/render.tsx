/**
 * What a window is told of its session: the parts of the page that show it, as they are now.
 *
 * @module
 */
import type { Session } from '../../../bindings/index.ts'
import type { DemoData, DemoFlash } from '../data.ts'
import { Contents, SessionId } from '../panel.tsx'
import { Account, Greeting, Receipt } from '../shop.tsx'
import { cutId } from '../token-view.ts'
import type { LiveNews } from './news.ts'

/** The values of a session as text. */
export function stateOf(session: Session<DemoData, DemoFlash>): string {
  return JSON.stringify(session.all())
}

/** What a window is told when the session is this. */
export function newsOf(session: Session<DemoData, DemoFlash>): LiveNews {
  const user = session.get('user')
  const contents = { data: session.all(), flash: session.allFlash() }
  return {
    state: stateOf(session),
    parts: {
      account: String(<Account user={user} />),
      greeting: String(<Greeting user={user} visits={session.get('visits', 0)} />),
      cart: String(<Receipt cart={session.get('cart', {})} />),
      id: String(<SessionId id={cutId(session.id)} />),
      contents: String(<Contents contents={contents} />),
    },
  }
}
