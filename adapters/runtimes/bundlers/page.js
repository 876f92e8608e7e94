/**
 * What a browser does with the codec: signs, verifies, and verifies the token of the address, which
 * Node signed. What came of it becomes the title of the page, as JSON.
 */
import { createSigner, engine } from 'tuile/codec'

const { name, secret, token } = Object.fromEntries(new URLSearchParams(location.search))
const signer = createSigner(secret, { name })
const verify = (value) => signer.verify(`theme=dark; ${name}=${value}`)
const signed = signer.sign('from the page')

document.title = JSON.stringify({
  engine: `${engine.name}: ${engine.reason}`,
  signed,
  verified: verify(signed),
  tampered: verify(`${signed}x`),
  fromNode: verify(token),
})
