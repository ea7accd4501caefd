/** Sandbox profiles: what a run's sandboxes may do, as data, and how two of them narrow each other. */
export { meet } from './meet.ts'
export {
  DEFAULT_SANDBOX_PROFILE,
  ISOLATION_CLASSES,
  isAtLeast,
  unversioned,
  type IsolationClass,
  type PathGroups,
  type SandboxProfile,
  type UnversionedProfile,
} from './sandbox-profile.ts'
