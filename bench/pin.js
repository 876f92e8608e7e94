/**
 * Keeps the benchmark on one core. WebCrypto hands each call to a thread, and waking that thread on
 * a core that sleeps can cost several times the work itself: a figure about the machine.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

/**
 * Binds all threads of this process, and those to come, to the last core.
 *
 * @returns {boolean} Whether that worked; it needs Linux and `taskset`.
 */
export function pinToOneCore() {
  const { status } = spawnSync('taskset', ['-acp', `${cpus().length - 1}`, `${process.pid}`])
  return status === 0
}
