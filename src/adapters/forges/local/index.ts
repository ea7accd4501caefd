/** The local forge: bare repositories and pull requests that Gander keeps itself under home/forge. */
export { createLocalForge } from './local-forge.ts'
