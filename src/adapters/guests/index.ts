/**
 * Finds coding agents' programs on this machine: on PATH, in the folders of GANDER_AGENTS_PATH, and in the cache that
 * `gander agents` names. A wrapper is followed to the package it belongs to, so that a sandbox can show exactly that.
 * Nothing is started here but inside a sandbox, and nothing below the current folder is looked at.
 */
export { createGuests } from './create-guests.ts'
export { GUEST_PROGRAMS } from './guest-programs.ts'
export { guestCache } from './locate-program.ts'
