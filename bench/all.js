/**
 * Runs the benchmark in every runtime, unattended: once as the machine is and, where the CPU has SHA
 * extensions, once more with native code kept from them; then writes the root README's table.
 *
 *     node bench/all.js [--rounds n] [runtime ...]      for instance: node-24 bun
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bunProgram, denoProgram, nodeProgram } from '../scripts/runtimes.js'
import { shaExtensions, WITHOUT_SHA } from './environment.js'

const file = (name) => fileURLToPath(new URL(name, import.meta.url))

/** How each runtime runs a file. */
const RUNTIMES = {
  'node-20': () => [nodeProgram(20)],
  'node-22': () => [nodeProgram(22)],
  'node-24': () => [nodeProgram(24)],
  'node-26': () => [nodeProgram(26)],
  bun: () => [bunProgram()],
  deno: () => [denoProgram(), 'run', '--allow-all'],
}

const failures = []

function run(name, [program, ...args], environment = {}) {
  console.log(`\n== ${name}`)
  const env = { ...process.env, ...environment }
  const { status } = spawnSync(program, args, { stdio: 'inherit', env })
  if (status !== 0) failures.push(name)
}

const { values, positionals: wanted } = parseArgs({
  options: { rounds: { type: 'string' } },
  allowPositionals: true,
})
const options = ['--all', ...(values.rounds ? ['--rounds', values.rounds] : [])]

for (const [name, command] of Object.entries(RUNTIMES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const bench = [...command(), file('run.js'), ...options]
  run(name, bench)
  if (shaExtensions()) {
    run(`${name}, without SHA extensions`, bench, { OPENSSL_ia32cap: WITHOUT_SHA })
  }
}
run('the report', [process.execPath, file('plots/write.js')])
run("the README's table", [process.execPath, file('readme.js')])

for (const name of failures) console.error(`failed: ${name}`)
process.exitCode = failures.length > 0 ? 1 : 0
