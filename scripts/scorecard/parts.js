/**
 * What the scorecard measures by itself, beside the tests: times, millions of repetitions, memory. Each part
 * gives a line, and whether it is within its bar. `long` is the form for a night.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { control, timingOf } from './timing.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { createCodec } = await import('../../dist/bindings/codec.js')
const codecs = ['wasm', 'portable'].map((engine) => createCodec({ engine }))

/** Runs a script of the project; gives its output. */
function run(script, args, options = {}) {
  const all = ['--expose-gc', join(root, 'scripts', script), ...args]
  return spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8', ...options })
}

/** The line that a fuzzer prints of its work. */
function fuzz(kind, count) {
  const { status, stdout } = run('fuzz-engines.js', [`--${kind}`, String(count)])
  const line = stdout.split('\n').find((each) => each.startsWith(kind)) ?? stdout.slice(-200)
  return { ok: status === 0 && / 0 differ/.test(line), text: line.replace(/ \{.*$/, '') }
}

/** A3: the long messages of NIST's CAVP, which are in no corpus of ours. */
function longMessages() {
  const path = join(process.env.TUILE_CAVP ?? '', 'SHA256LongMsg.rsp')
  if (!process.env.TUILE_CAVP || !existsSync(path)) {
    return {
      ok: true,
      text: 'long messages: not run (TUILE_CAVP names no folder with SHA256LongMsg.rsp)',
    }
  }
  const cases = [...readFileSync(path, 'utf8').matchAll(/Msg = (\w+)\s+MD = (\w+)/g)]
  const right = codecs.map(
    (codec) =>
      cases.filter(([, message, digest]) => {
        return Buffer.from(codec.sha256(Buffer.from(message, 'hex'))).toString('hex') === digest
      }).length
  )
  return {
    ok: right.every((count) => count === 64),
    text: `long messages ${right.join(' and ')} of 64`,
  }
}

/** A4: a message of more than 2^32 bits. */
function largeMessage(long) {
  const size = (long ? 513 : 33) * 1024 * 1024
  const message = Buffer.alloc(size, 'tuile')
  const wanted = createHash('sha256').update(message).digest('hex')
  const right = codecs.filter(
    (codec) => Buffer.from(codec.sha256(message)).toString('hex') === wanted
  )
  return {
    ok: right.length === 2,
    text: `one message of ${size >> 20} MiB: ${right.length}/2 engines`,
  }
}

/** Milliseconds of the processor, which other programs do not lengthen as they do those of the clock. */
function cost(work) {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** B5: milliseconds for headers that grow, and how they grow. */
function slowHeaders() {
  const path = join(root, '../shared/corpora/attacks/cookie_header_attacks.json')
  const ours = {
    semicolons: (n) => ';'.repeat(n),
    'many tiny': (n) => 'a=;'.repeat(n / 3),
    quotes: (n) => `a="${'\\"'.repeat(n / 2)}"`,
    blanks: (n) => `a${' '.repeat(n - 3)}=b`,
  }
  const theirs = existsSync(path)
    ? JSON.parse(readFileSync(path, 'utf8')).generators.map(({ id, js }) => [
        id,
        // The corpus is data of ours, and its generators are expressions for one size.
        (n) => new Function(`return ${js}`)().repeat(2).slice(0, n),
      ])
    : Object.entries(ours)
  let [worst, ratio] = [{ ms: 0, name: '' }, 0]
  for (const [name, make] of theirs) {
    for (const codec of codecs) {
      const times = [1 << 20, 1 << 21].map((size) => {
        const header = make(size)
        const runs = Array.from({ length: 7 }, () => cost(() => codec.parseCookies(header)))
        return Math.min(...runs)
      })
      if (times[0] > worst.ms) worst = { ms: times[0], name: `${name}, ${codec.engine.name}` }
      if (times[0] > 0.5) ratio = Math.max(ratio, times[1] / times[0])
    }
  }
  const text = `${theirs.length} generators at 1 MiB: ${worst.ms.toFixed(1)} ms at most (${worst.name}), at 2 MiB × ${ratio.toFixed(2)} at most`
  return { ok: worst.ms <= 50 && ratio <= 3, text }
}

/** B6: milliseconds to refuse what is too long. */
function oversize() {
  const header = `__Host-session=${'A'.repeat(1 << 20)}`
  const times = codecs.map((codec) => {
    const signer = codec.createSigner('scorecard: a secret of more than 32 bytes', {
      name: '__Host-session',
    })
    const runs = Array.from({ length: 20 }, () => {
      const start = performance.now()
      if (signer.verify(header) !== null) throw new Error('accepted')
      return performance.now() - start
    })
    return Math.min(...runs)
  })
  const most = Math.max(...times)
  return { ok: most <= 1, text: `1 MiB is refused in ${(most * 1000).toFixed(1)} µs` }
}

/** C7. */
function constantTime(long) {
  const count = long ? 1_000_000 : 50_000
  const seen = control(count)
  const parts = codecs.map((codec) => ({ name: codec.engine.name, ...timingOf(codec, count) }))
  const text = parts.map(({ name, t, median }) => `${name} |t| = ${t.toFixed(2)} (${median} ns)`)
  return {
    ok: parts.every(({ t }) => t < 4.5) && seen.t > 4.5,
    text: `${count} samples: ${text.join(', ')}; a comparison that stops early: ${seen.t.toFixed(0)}`,
  }
}

/** C8: a chi-square of the symbols at all places of many ids. */
async function ids(long) {
  const count = long ? 1_000_000 : 100_000
  const { createId } = await import('../../dist/bindings/id.js')
  const { selectEngine } = await import('../../dist/bindings/codec/select.js')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const place = new Map([...alphabet].map((symbol, index) => [symbol, index]))
  const lines = ['wasm', 'portable'].map((name) => {
    const { engine } = selectEngine(name)
    const seen = new Set()
    const counts = Array.from({ length: 24 }, () => new Uint32Array(64))
    for (let i = 0; i < count; i++) {
      const id = createId(engine)
      seen.add(id)
      for (let at = 0; at < 24; at++) counts[at][place.get(id[at])]++
    }
    const expected = count / 64
    let square = 0
    for (const row of counts) for (const each of row) square += (each - expected) ** 2 / expected
    // With 24 × 63 degrees of freedom chi-square is near enough normal (Wilson and Hilferty).
    const df = 24 * 63
    const z = ((square / df) ** (1 / 3) - (1 - 2 / (9 * df))) / Math.sqrt(2 / (9 * df))
    return { name, z, duplicates: count - seen.size }
  })
  // p between 0.001 and 0.999
  const ok = lines.every(({ z, duplicates }) => Math.abs(z) < 3.09 && duplicates === 0)
  const text = lines.map(
    ({ name, z, duplicates }) => `${name} z = ${z.toFixed(2)}, ${duplicates} twice`
  )
  return { ok, text: `${count} ids: ${text.join('; ')}` }
}

/** K2. */
function mutants(long) {
  if (!long) return { ok: true, text: 'not run: npm run mutants, or --long' }
  const { status, stdout } = run('mutants.js', [], { timeout: 7_200_000 })
  return { ok: status === 0, text: stdout.trim().split('\n').at(-1) }
}

export const PARTS = {
  A3: longMessages,
  A4: largeMessage,
  A7: (long) => fuzz('base64', long ? 10_000_000 : 200_000),
  B4: (long) => fuzz('headers', long ? 10_000_000 : 100_000),
  B5: slowHeaders,
  B6: oversize,
  C1: (long) => fuzz('tokens', long ? 1000 : 20),
  C7: constantTime,
  C8: ids,
  K2: mutants,
}
