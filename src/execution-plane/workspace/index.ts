/**
 * The workspace: one run's tree inside its sandbox. Decides when the tree is captured and how a resumed run gets the
 * tree its record speaks of. Owns the work sandbox; what is in it is only ever read through the repository.
 */
export { openWorkspace, type Workspace } from './open-workspace.ts'
