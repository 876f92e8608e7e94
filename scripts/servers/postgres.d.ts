/** A server of one's own, to be stopped by `stopServers`. */
export const postgres: {
  installed(): boolean
  up(folder: string): Promise<{ POSTGRES_URL: string }>
}
export function startPostgres(folder: string, port: number): Promise<void>
