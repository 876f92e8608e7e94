/**
 * Plain HTTP on this machine.
 *
 * @module
 */

/** Where browsers of all makes keep a cookie without Secure for a page of plain HTTP. */
const LOCALHOST =
  /^http:\/\/(?:localhost|[^/:]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/

/** Whether a request came over plain HTTP on localhost, see `cookie.secure`. */
export function isLocalhost(url: string): boolean {
  return LOCALHOST.test(url)
}
