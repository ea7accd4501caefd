import { EVENT_FIELDS } from '#domain/event'

/** What every event carries besides its own facts, as the ledger has it. */
const ENVELOPE = {
  audit_id: { type: 'string' },
  tenant_id: { type: 'string' },
  seq: { type: 'integer', description: "Position in the tenant's chain, from 1 without gaps." },
  run_id: { type: ['string', 'null'] },
  run_seq: { type: ['integer', 'null'], description: 'Position in the run; the `id` of the server-sent event.' },
  event: { type: 'string' },
  actor_type: { enum: ['service', 'person', 'agent'] },
  actor: { type: 'string' },
  resource_type: { type: 'string' },
  resource_id: { type: 'string' },
  decision: { enum: ['allowed', 'denied', 'asked', null] },
  decision_id: { type: ['string', 'null'] },
  approval_id: { type: ['string', 'null'] },
  policy_version: { type: ['string', 'null'] },
  request_hash: { type: ['string', 'null'] },
  result_hash: { type: ['string', 'null'] },
  state: { type: ['string', 'null'], description: "The run's state after the event." },
  facts: { type: 'object' },
  created_at: { type: 'string', format: 'date-time' },
  previous_hash: { type: 'string' },
  hash: { type: 'string' },
}

const titled = (event: string): string => event.replaceAll('_', ' ')

const messageOf = ([event, fields]: readonly [string, readonly string[]]) => [
  event,
  {
    name: event,
    title: titled(event),
    contentType: 'application/json',
    payload: {
      allOf: [
        { $ref: '#/components/schemas/Event' },
        {
          type: 'object',
          properties: {
            event: { const: event },
            facts: {
              type: 'object',
              required: [...fields],
              properties: Object.fromEntries(fields.map((f) => [f, {}])),
            },
          },
        },
      ],
    },
  },
]

/** The AsyncAPI 3 document of the events, made from their catalogue. */
export function asyncApiDocument(version: string) {
  const messages = Object.fromEntries(Object.entries(EVENT_FIELDS).map(messageOf))
  const names = Object.keys(EVENT_FIELDS)
  const inChannel = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]))
  return {
    asyncapi: '3.0.0',
    info: { title: 'Gander events', version, description: 'What the ledger tells as it is appended.' },
    defaultContentType: 'application/json',
    channels: {
      run_events: {
        address: '/v1/runs/{run_id}/events',
        title: 'Events of a run',
        description: 'Server-sent events over HTTP; `Last-Event-ID` goes on after that `run_seq`.',
        parameters: { run_id: { description: 'The run that is followed.' } },
        messages: inChannel,
      },
    },
    operations: {
      follow_run: {
        action: 'send',
        channel: { $ref: '#/channels/run_events' },
        summary: "The server tells a run's events in order, from the first or after the one that is named.",
        bindings: { http: { method: 'GET' } },
      },
    },
    components: {
      schemas: { Event: { type: 'object', required: Object.keys(ENVELOPE), properties: ENVELOPE } },
      messages,
    },
  }
}
