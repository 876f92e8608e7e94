/** Medians and quartiles, which a few disturbed rounds do not move. */

/** The value below which a share of the sorted samples lies, between two samples if need be. */
function quantile(sorted, share) {
  const at = (sorted.length - 1) * share
  const below = Math.floor(at)
  const above = Math.ceil(at)
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below)
}

/**
 * Sums samples up.
 *
 * @param {readonly number[]} samples
 */
export function summarize(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    q1: quantile(sorted, 0.25),
    q3: quantile(sorted, 0.75),
  }
}

/**
 * The same values in another order, each order as likely as any other.
 *
 * @template T
 * @param {readonly T[]} values
 * @returns {T[]}
 */
export function shuffle(values) {
  const shuffled = [...values]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]]
  }
  return shuffled
}
