// Reads what people write as YAML or JSON by a schema, and says what is wrong with its field, its line and what is
// allowed there. It knows no noun of the platform; every plane may stand on it.
export { readDocument, shownProblems } from './read-document.ts'
