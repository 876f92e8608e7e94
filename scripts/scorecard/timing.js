/**
 * Whether the time of verifying a token tells where its MAC is wrong: Welch's t-test between tokens whose
 * MAC differs in its first character and tokens where it is the last one, in random order (dudect,
 * https://eprint.iacr.org/2016/1123). Samples far out are cut off at several thresholds, since a scheduler
 * or a garbage collector made them; the largest |t| of all counts. Below 4.5 nothing was found.
 *
 * Measured alone: it shares nothing with the tests, where no timing is ever asserted.
 */

/** Welch's t of two classes, from their counts, means and sums of squares. */
class Welch {
  #n = [0, 0]
  #mean = [0, 0]
  #m2 = [0, 0]

  add(kind, value) {
    const n = ++this.#n[kind]
    const delta = value - this.#mean[kind]
    this.#mean[kind] += delta / n
    this.#m2[kind] += delta * (value - this.#mean[kind])
  }

  get t() {
    const [left, right] = [0, 1].map((kind) => this.#m2[kind] / (this.#n[kind] - 1) / this.#n[kind])
    return (this.#mean[0] - this.#mean[1]) / Math.sqrt(left + right)
  }
}

/** Shares of the samples that are looked at, the fastest ones. */
const SHARES = [0.5, 0.75, 0.9, 0.95, 0.99, 1]

/** Measures `count` samples of one call each, of two kinds in random order; gives the largest |t|. */
function measure(count, calls) {
  const kinds = new Uint8Array(count)
  const times = new Float64Array(count)
  crypto.getRandomValues(kinds.subarray(0, Math.min(count, 65_536)))
  for (let i = 0; i < count; i++) kinds[i] = i < 65_536 ? kinds[i] & 1 : (Math.random() * 2) | 0
  for (let i = 0; i < count; i++) {
    const call = calls[kinds[i]]
    const start = process.hrtime.bigint()
    call()
    times[i] = Number(process.hrtime.bigint() - start)
  }
  const sorted = times.toSorted()
  const ts = SHARES.map((share) => {
    const limit = sorted[Math.ceil(share * count) - 1]
    const welch = new Welch()
    for (let i = 0; i < count; i++) if (times[i] <= limit) welch.add(kinds[i], times[i])
    return Math.abs(welch.t)
  })
  return { t: Math.max(...ts), median: sorted[count >> 1] }
}

/** Two tokens that are wrong in one character of their MAC, as calls that refuse them. */
function callsOf(signer, { name }) {
  const token = signer.sign('k5Jx0-pZ_3qWvT8yLmNb2RcA')
  const dot = token.lastIndexOf('.')
  const wrongAt = (at) => {
    // The last character has two spare bits: another of the same four would be no token at all.
    const other = token[at] === 'E' ? 'I' : 'E'
    return `${name}=${token.slice(0, at)}${other}${token.slice(at + 1)}`
  }
  return [dot + 1, token.length - 1].map((at) => {
    const header = wrongAt(at)
    if (signer.verify(header) !== null) throw new Error('a wrong token was accepted')
    return () => signer.verify(header)
  })
}

/** The t-test of one codec. */
export function timingOf(codec, count) {
  const name = '__Host-session'
  const signer = codec.createSigner('timing: a secret of more than 32 bytes, of nobody', { name })
  const calls = callsOf(signer, { name })
  measure(Math.min(count, 20_000), calls) // until the code is compiled
  return measure(count, calls)
}

/** The same for a comparison that stops at the first difference: the test must see that one. */
export function control(count) {
  const mac = 'A'.repeat(43)
  const compare = (other) => {
    for (let i = 0; i < mac.length; i++) if (mac.charCodeAt(i) !== other.charCodeAt(i)) return false
    return true
  }
  const others = [`B${mac.slice(1)}`, `${mac.slice(1)}B`]
  let kept = 0
  const calls = others.map((other) => () => {
    for (let i = 0; i < 4; i++) kept += compare(other) ? 1 : 0
    return kept
  })
  measure(Math.min(count, 20_000), calls)
  return measure(count, calls)
}
