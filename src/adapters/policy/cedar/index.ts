// Decides by Cedar policies that can only forbid: parses and validates them against the schema of runs, asks a prepared
// set with one call. Whatever Cedar could not evaluate is told as an error, for a deny.
export { createCedarEngine } from './create-cedar-engine.ts'
