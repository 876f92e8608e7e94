/**
 * The one alarm of a Durable Object, which whoever needs it first sets.
 *
 * @module
 */

/** What is used of the storage of a Durable Object for its alarm. */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>
  setAlarm(time: number): Promise<unknown>
}

/** Sees to it that an object wakes at a time in milliseconds since the epoch, or before. */
export async function wakeBy(storage: AlarmStorage, time: number): Promise<void> {
  const alarm = await storage.getAlarm()
  if (alarm === null || alarm > time) await storage.setAlarm(time)
}
