export function stopServers(folder: string): Promise<void>
