/**
 * The tests of a storage's index of owners.
 *
 * @module
 */
import { assert, HOUR, newKey, pause } from './conformance-kit.ts'
import type { OwnerIndex } from './contract.ts'

async function assertKeys(owners: OwnerIndex, owner: string, expected: string[]): Promise<void> {
  const keys = await owners.keys(owner)
  const [left, right] = [[...keys].sort().join(), [...expected].sort().join()]
  assert(left === right, `the keys are ${left || 'none'}, not ${right || 'none'}`)
}

const soon = (milliseconds: number): number => Date.now() + milliseconds

/** The tests by what they promise. */
export const OWNER_CASES: Record<string, (owners: OwnerIndex) => Promise<void>> = {
  async 'owners: an owner that nothing was added to has no keys'(owners) {
    await assertKeys(owners, newKey(), [])
  },

  async 'owners: keys() gives what was added, each once, and of no other owner'(owners) {
    const [owner, other] = [newKey(), newKey()]
    const keys = [newKey(), newKey(), newKey()]
    const shared = newKey()
    for (const key of [...keys, keys[0]!, shared]) await owners.add(owner, key, soon(HOUR))
    await owners.add(other, shared, soon(HOUR))
    await assertKeys(owners, owner, [...keys, shared])
    await assertKeys(owners, other, [shared])
  },

  async 'owners: remove() takes one key from one owner'(owners) {
    const [owner, other] = [newKey(), newKey()]
    const [key, kept] = [newKey(), newKey()]
    for (const added of [key, kept]) await owners.add(owner, added, soon(HOUR))
    await owners.add(other, key, soon(HOUR))
    await owners.remove(owner, key)
    await assertKeys(owners, owner, [kept])
    await assertKeys(owners, other, [key])
    await owners.remove(owner, kept)
    await assertKeys(owners, owner, [])
  },

  async 'owners: remove() of what is not there is no error'(owners) {
    const owner = newKey()
    await owners.remove(owner, newKey())
    const key = newKey()
    await owners.add(owner, key, soon(HOUR))
    await owners.remove(owner, newKey())
    await assertKeys(owners, owner, [key])
  },

  async 'owners: keys() gives no key whose deadline is past'(owners) {
    const owner = newKey()
    const [brief, long, past] = [newKey(), newKey(), newKey()]
    await owners.add(owner, brief, soon(300))
    await owners.add(owner, long, soon(HOUR))
    await owners.add(owner, past, soon(-1000))
    await pause(350)
    await assertKeys(owners, owner, [long])
  },

  async 'owners: add() of a key again moves its deadline, either way'(owners) {
    const owner = newKey()
    const [later, sooner] = [newKey(), newKey()]
    await owners.add(owner, later, soon(300))
    await owners.add(owner, sooner, soon(HOUR))
    await owners.add(owner, later, soon(HOUR))
    await owners.add(owner, sooner, soon(300))
    await pause(350)
    await assertKeys(owners, owner, [later])
  },

  async 'owners: parallel add()s and remove()s lose nothing'(owners) {
    const owner = newKey()
    const [kept, removed] = [0, 1].map(() => Array.from({ length: 20 }, newKey)) as [
      string[],
      string[],
    ]
    for (const key of removed) await owners.add(owner, key, soon(HOUR))
    await Promise.all([
      ...kept.map((key) => owners.add(owner, key, soon(HOUR))),
      ...removed.map((key) => owners.remove(owner, key)),
    ])
    await assertKeys(owners, owner, kept)
  },

  async 'owners: add() that says a number says how many keys there are'(owners) {
    const owner = newKey()
    const [key, other] = [newKey(), newKey()]
    for (const [added, count] of [
      [key, 1],
      [other, 2],
      [key, 2],
    ] as const) {
      const said = await owners.add(owner, added, soon(HOUR))
      assert(typeof said !== 'number' || said === count, `it says ${String(said)}, not ${count}`)
    }
    await owners.remove(owner, other)
    const adds = Array.from({ length: 9 }, () => owners.add(owner, newKey(), soon(HOUR)))
    const numbers = (await Promise.all(adds)).filter((said) => typeof said === 'number')
    const most = Math.max(...numbers)
    assert(numbers.length === 0 || most === 10, `the last of many says ${most}, not 10`)
  },
}
