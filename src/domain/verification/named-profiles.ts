/** Profiles that a person may name, for a run or for a repository; each is still filled in from the repository. */
export const NAMED_PROFILES = [
  'node-npm-standard',
  'node-pnpm-standard',
  'node-yarn-standard',
  'python-pytest-standard',
  'python-unittest-standard',
  'java-maven-standard',
  'java-gradle-standard',
  'go-standard',
  'rust-cargo-standard',
  'makefile-standard',
] as const
