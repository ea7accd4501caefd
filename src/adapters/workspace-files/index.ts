/**
 * Files below a root that its inhabitants may rearrange while they are read. Decides nothing; owns the one safe way in:
 * every component is opened from the descriptor of the one before, links never followed.
 */
export { createWorkspaceFiles } from './workspace-files.ts'
