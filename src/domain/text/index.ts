/** What every plane does alike with text that others wrote. */
export { editDistance } from './edit-distance.ts'
export { nearNames } from './near-names.ts'
export { neutralise } from './neutralise.ts'
