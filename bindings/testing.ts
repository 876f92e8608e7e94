/**
 * Tests for those who write a storage: the suites that Tuile's own storages pass.
 *
 * @module
 */
export { sessionConformance, type SessionConformanceOptions } from './session-conformance.ts'
export { storageConformance, type ConformanceCase } from './storage/conformance.ts'
