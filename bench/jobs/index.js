/**
 * The jobs, in the order in which they are run and reported.
 *
 * @typedef {import('../timer.js').Task} Task
 *
 * @typedef {object} Job
 * @property {string} id What `--job` takes, and the report knows it by; it never changes.
 * @property {string} title
 * @property {string} group Jobs of one group belong into one picture.
 * @property {number} [size] Bytes of a message, where that is what differs within the group.
 * @property {number} [per] How many pieces of work one call does: figures are per piece.
 * @property {string} [unit] `ns` unless it says otherwise.
 * @property {number} [warmUp] Rounds that it needs at least before those that count.
 * @property {boolean} [slow] Whether only `npm run bench:all` runs it.
 * @property {() => Promise<Task[]>} [createTasks] The contenders, the one that ratios refer to first.
 * @property {() => unknown} [close] Gives back what `createTasks` has opened.
 * @property {(tasks: Task[]) => number} [sizeOf] As `size`, if only the tasks tell.
 * @property {(how: { rounds: number }) => Promise<{ name: string, median: number, q1: number,
 * q3: number }[]>} [measure] In the place of `createTasks`, for what starts processes: its own figures.
 *
 * @module
 */
import { existsSync } from 'node:fs'

/** Files of jobs; a neighbour's need not be there. */
export const JOB_FILES = [
  './verify.js',
  './record.js',
  './sign.js',
  './seal.js',
  './rotation.js',
  './many.js',
  './app.js',
  '../http/jobs.js',
  './storage.js',
  './parse.js',
  './base64url.js',
  './sha256.js',
  './length.js',
  './boundary.js',
  './cold-start.js',
  './memory.js',
].filter((file) => existsSync(new URL(file, import.meta.url)))

/** @returns {Promise<Job[]>} */
export async function loadJobs(files = JOB_FILES) {
  const modules = await Promise.all(files.map((file) => import(file)))
  return modules.flatMap(({ jobs }) => jobs)
}
