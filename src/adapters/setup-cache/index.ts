/**
 * Keeps finished setup layers between runs: one sealed file each, by tenant, trust and the hash of what decides a setup.
 * Decides whether what lies there is what was kept; owns the format, the seal's secret and what is removed for room.
 */
export { createSetupCache } from './create-setup-cache.ts'
