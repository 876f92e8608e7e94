/** The browser that tests drive: `CHROMIUM` names it, or it is where Linux has it. */
import { existsSync } from 'node:fs'

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const chromiumProgram = [process.env.CHROMIUM ?? '', ...PROGRAMS].find((path) =>
  existsSync(path)
)

export const NO_CHROMIUM = 'skipped: no Chromium was found, CHROMIUM names one'

/** No sandbox, which the root of a container cannot have, and no calls home. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
