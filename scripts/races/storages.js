/**
 * The storages that `scripts/races.js` can race on, by name. A factory is called in every process,
 * with a folder that all of them share and that the run removes at its end; it gives a storage, or
 * throws with the reason why there is none here.
 */
export const STORAGES = {
  async fs(folder) {
    const { fsStorage } = await import('../../dist/bindings/storage/fs.js')
    return fsStorage(folder)
  },

  async 'fs-durable'(folder) {
    const { fsStorage } = await import('../../dist/bindings/storage/fs.js')
    return fsStorage(folder, { durable: true })
  },
}
