import type { SpawnOptions } from 'node:child_process'

export function findProgram(name: string, folders?: readonly string[]): string | undefined
export function answers(url: string): Promise<boolean>
export function freePort(): Promise<number>
export function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>
export function startServer(
  folder: string,
  name: string,
  program: string,
  args: readonly string[],
  port: number,
  options?: SpawnOptions
): Promise<void>
export function stopServers(folder: string): Promise<void>
