/** What every plane does alike with text that others wrote. */
export { neutralise } from './neutralise.ts'
