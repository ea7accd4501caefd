/**
 * Repository intelligence: what a repository is made of and where a task probably lives, read from one commit's tree
 * without running anything. Nine maps, true of one commit alone, from manifests, imports, names and history; owns how
 * imports are followed and the table of risks. A map is navigation, never proof.
 */
export { CODEOWNERS_PLACES, ownersOf, readCodeOwners } from './people/code-owners.ts'
export { RepositorySurvey } from './repository-survey.ts'
export { repositoryContextPacket } from './context-packet.ts'
export { repositoryMapsSchema } from './maps-schema.ts'
