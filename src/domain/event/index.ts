/** The events of the ledger: their catalogue, their form, and what they say about secrets that turned up. */
export { EVENT_FIELDS } from './event-catalogue.ts'
export { incidentsOf, type Incident } from './incidents.ts'
export * from './ledger-event.ts'
export { addedCuts, redactionEvents, type CutSecrets } from './redaction-events.ts'
