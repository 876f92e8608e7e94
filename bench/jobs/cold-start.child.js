/** What a process does that cold-start.js starts: nothing, or what it is given. Prints milliseconds. */
const [given] = process.argv.slice(2)

if (given) {
  const { name, options, header, id } = JSON.parse(given)
  const { createSigners } = await import('../contenders/signers/index.js')
  const start = performance.now()
  const [{ verify }] = await createSigners(options, [name])
  const verified = await verify(header)
  const elapsed = performance.now() - start
  if (verified !== id) throw new Error('The cookie did not verify')
  console.log(elapsed)
}
