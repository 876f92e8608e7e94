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

/**
 * Measures `count` samples of one call each, of two kinds in random order; gives the largest |t|.
 *
 * @param inputs Many of each kind, so that where one of them lies in memory does not count.
 */
function measure(count, inputs, call) {
  const kinds = Uint8Array.from({ length: count }, () => (Math.random() * 2) | 0)
  const times = new Float64Array(count)
  const { length } = inputs[0]
  for (let i = 0; i < count; i++) {
    const input = inputs[kinds[i]][i % length]
    const start = process.hrtime.bigint()
    call(input)
    times[i] = Number(process.hrtime.bigint() - start)
  }
  const sorted = times.toSorted()
  const ts = SHARES.map((share) => {
    const limit = sorted[Math.ceil(share * count) - 1]
    const welch = new Welch()
    for (let i = 0; i < count; i++) if (times[i] <= limit) welch.add(kinds[i], times[i])
    return Math.abs(welch.t)
  })
  // Where the fastest of one kind are too few to compare, there is nothing to see.
  return { t: Math.max(...ts.filter(Number.isFinite)), median: sorted[count >> 1] }
}

/** Texts of each kind. */
const INPUTS = 256

/** A text whose characters lie together: joined pieces would be read in another way. */
const flat = (text) => Buffer.from(text, 'latin1').toString('latin1')

/** Cookie headers whose MACs are wrong in their first, and in their last character. */
function wrongHeaders(signer) {
  const kinds = [[], []]
  for (let i = 0; i < INPUTS; i++) {
    const token = signer.sign(String(i).padStart(24, 'k5Jx0-pZ_3qWvT8yLmNb2RcA'))
    const dot = token.lastIndexOf('.')
    // Both are made of each token, one behind the other, so that they lie side by side.
    for (const [kind, at] of [dot + 1, token.length - 1].entries()) {
      // The last character has two spare bits: another of the same four would be no token at all.
      const other = token[at] === 'E' ? 'I' : 'E'
      const header = flat(`${signer.name}=${token.slice(0, at)}${other}${token.slice(at + 1)}`)
      if (signer.verify(header) !== null) throw new Error('a wrong token was accepted')
      kinds[kind].push(header)
    }
  }
  return kinds
}

/** The t-test of one codec. */
export function timingOf(codec, count) {
  const signer = codec.createSigner('timing: a secret of more than 32 bytes, of nobody')
  const headers = wrongHeaders(signer)
  const verify = (header) => signer.verify(header)
  measure(Math.min(count, 50_000), headers, verify) // until the code is compiled
  return measure(count, headers, verify)
}

/** The same for a comparison that stops at the first difference: the test must see that one. */
export function control(count) {
  const mac = 'A'.repeat(43)
  let kept = 0
  const compare = (other) => {
    for (let i = 0; i < mac.length; i++) if (mac.charCodeAt(i) !== other.charCodeAt(i)) return
    kept++
  }
  const inputs = [`B${mac.slice(1)}`, `${mac.slice(1)}B`].map((text) =>
    Array.from({ length: INPUTS }, () => flat(text))
  )
  measure(Math.min(count, 50_000), inputs, compare)
  if (kept > 0) throw new Error('a wrong text was accepted')
  return measure(count, inputs, compare)
}
