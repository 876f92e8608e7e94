/** Writes the report of all results: `results/index.html` and `results/plots/*.svg`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createReport } from './page.js'
import { folder, readResults } from './results.js'

const plots = new URL('plots/', folder)
rmSync(plots, { recursive: true, force: true })
mkdirSync(plots, { recursive: true })
for (const [file, text] of createReport(readResults())) writeFileSync(new URL(file, folder), text)
