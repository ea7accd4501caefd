/**
 * Sandboxes made of Linux namespaces, overlayfs, control groups, a system-call filter and bubblewrap, as root or as
 * any user. Decides what a command can see, reach and use; owns `sandboxes/` and `system/` under GANDER_HOME. A holder
 * process per sandbox keeps its mounts and dies with its worker; each command is a fresh process tree in it.
 */
export { createBubblewrapDriver } from './driver.ts'
export { findToolchains } from './view/toolchains.ts'
