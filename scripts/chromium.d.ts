/** The path of the browser, or `undefined` if there is none. */
export const chromiumProgram: string | undefined
/** Why tests are skipped where there is none. */
export const NO_CHROMIUM: string
/** How to start it. */
export const CHROMIUM_ARGUMENTS: string[]
