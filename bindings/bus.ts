/**
 * Buses: how the processes that share sessions tell each other of them.
 *
 * @module
 */
export { broadcastChannelBus, createBus, memoryBus, type BusOptions } from './live/bus.ts'
export type { BusChannel, SessionBus } from './live/contract.ts'
