/**
 * Tests that run inside another runtime: a program there holds them, and is asked for each by name.
 *
 * @module
 */

/** One test; `data` is what the asking side has to tell. */
export interface InsideCase {
  readonly name: string
  run(data: never): Promise<void>
}

/** Tests by suite, made from what the runtime has: its bindings, its databases. */
export type Suites<Env> = Record<string, (env: Env) => InsideCase[]>

/** What is asked. */
export interface Question {
  readonly suite: string
  readonly name: string
  readonly data?: unknown
}

/** Answers a request for a test with `null`, or with what went wrong. */
export function answerWith<Env>(
  suites: Suites<Env>
): (request: Request, env: Env) => Promise<Response> {
  return async (request, env) => {
    try {
      const { suite, name, data } = (await request.json()) as Question
      const found = suites[suite]?.(env).find((test) => test.name === name)
      if (found === undefined) throw new Error(`There is no test "${name}" here`)
      await found.run(data as never)
      return Response.json(null)
    } catch (error) {
      return Response.json(String((error as Error).stack ?? error))
    }
  }
}
