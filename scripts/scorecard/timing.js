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
 * Each sample gets a text of its own, made a moment before from the same bytes: with texts that are used
 * again, where they lie in memory makes a difference of a thousandth, which a million samples show.
 *
 * @param bases Texts, as bytes, that are right.
 * @param places Where each kind of sample is wrong.
 */
function measure(count, bases, places, call) {
  const kinds = Uint8Array.from({ length: count }, () => (Math.random() * 2) | 0)
  const times = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const base = bases[i % bases.length]
    const place = places[kinds[i]]
    const right = base[place]
    // The last character has two spare bits: another of the same four would be no token at all.
    base[place] = right === E ? I : E
    const input = base.latin1Slice()
    base[place] = right
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

const [E, I] = [0x45, 0x49]
/** Texts that are measured in turn. */
const TEXTS = 256
/** Characters of a MAC. */
const MAC_SIZE = 43

/** The t-test of one codec. */
export function timingOf(codec, count) {
  const signer = codec.createSigner('timing: a secret of more than 32 bytes, of nobody', {
    name: '__Host-session',
  })
  const bases = Array.from({ length: TEXTS }, (_, i) => {
    const token = signer.sign(String(i).padStart(24, 'k5Jx0-pZ_3qWvT8yLmNb2RcA'))
    return Buffer.from(`${signer.name}=${token}`)
  })
  const { length } = bases[0]
  const places = [length - MAC_SIZE, length - 1]
  let accepted = 0
  const verify = (header) => {
    if (signer.verify(header) !== null) accepted++
  }
  measure(Math.min(count, 50_000), bases, places, verify) // until the code is compiled
  const result = measure(count, bases, places, verify)
  if (accepted > 0) throw new Error('a wrong token was accepted')
  return result
}

/** The same for a comparison that stops at the first difference: the test must see that one. */
export function control(count) {
  const mac = 'A'.repeat(MAC_SIZE)
  let accepted = 0
  const compare = (other) => {
    for (let i = 0; i < mac.length; i++) if (mac.charCodeAt(i) !== other.charCodeAt(i)) return
    accepted++
  }
  const bases = Array.from({ length: TEXTS }, () => Buffer.from(mac))
  const places = [0, MAC_SIZE - 1]
  measure(Math.min(count, 50_000), bases, places, compare)
  if (accepted > 0) throw new Error('a wrong text was accepted')
  return measure(count, bases, places, compare)
}
