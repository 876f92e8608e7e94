/**
 * Findings of the doctor.
 *
 * @module
 */
import { printable } from './printable.ts'

/** How bad it is: nothing, something to know, or something to change before others find it. */
export type Severity = 'ok' | 'warning' | 'problem'

/** One thing that was checked. */
export interface Finding {
  readonly severity: Severity
  /** What it is about: secrets, cookie, storage, … */
  readonly about: string
  readonly text: string
}

/** Makes the findings about one thing. */
export function findingsOf(about: string): {
  readonly list: Finding[]
  add(severity: Severity, text: string): void
} {
  const list: Finding[] = []
  return { list, add: (severity, text) => void list.push({ severity, about, text }) }
}

/** The findings as text, the worst last, where it is read first. */
export function formatFindings(findings: readonly Finding[]): string {
  const order: readonly Severity[] = ['ok', 'warning', 'problem']
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  const lines = sorted.map(
    ({ severity, about, text }) => `${severity.padEnd(7)}  ${about.padEnd(7)}  ${printable(text)}`
  )
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length
  return `${lines.join('\n')}\n\n${count('problem')} problems, ${count('warning')} warnings`
}
