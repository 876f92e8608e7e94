/**
 * What the server tells a window of a session that has changed.
 *
 * @module
 */

/** The news of a change. */
export interface LiveNews {
  /** The values as text, to tell whether a page shows them already. */
  readonly state: string
  /** Markup, by the name that the part has as `data-live`. */
  readonly parts: Readonly<Record<string, string>>
}
