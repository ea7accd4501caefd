import type { Redactor } from '#ports'
import { withoutRegisteredSecrets } from './exact-redaction.ts'
import type { StreamEvent } from './event-stream.ts'
import type { DeltaPlace, GuestWire } from './guest-wire.ts'

interface Held {
  readonly event: StreamEvent
  readonly places: readonly DeltaPlace[]
}

/**
 * Passes a model's events on with registered values cut out, also where one is spread over many events: an event waits
 * until `overlap` more characters of its text have come, or until the text has ended. Events keep their order.
 */
export async function* redactEvents(
  events: AsyncIterable<StreamEvent>,
  wire: GuestWire,
  guard: { readonly redactor: Redactor; readonly overlap: () => number },
): AsyncGenerator<StreamEvent> {
  const held: Held[] = []
  for await (const given of events) {
    const event = await whole(given, guard.redactor)
    const places = event.data === undefined ? [] : wire.deltasOf(event.data)
    if (places.length === 0 && event.name !== 'ping') {
      await cut(held, guard.redactor)
      yield* held.splice(0).map((each) => each.event)
      yield event
      continue
    }
    held.push({ event, places })
    if (places.length > 0) await cut(held, guard.redactor)
    while (held[0] !== undefined && isSettled(held[0], held, guard.overlap())) {
      yield held[0].event
      held.shift()
    }
  }
  await cut(held, guard.redactor)
  yield* held.map((each) => each.event)
}

async function whole(event: StreamEvent, redactor: Redactor): Promise<StreamEvent> {
  if (event.data !== undefined) return { ...event, data: await withoutRegisteredSecrets(event.data, redactor) }
  return { ...event, text: await withoutRegisteredSecrets(event.text, redactor) }
}

/** True when enough of every text that an event is part of stands behind it. */
function isSettled(first: Held, held: readonly Held[], overlap: number): boolean {
  return first.places.every(({ key }) => textOf(held.slice(1), key).length >= overlap)
}

const textOf = (held: readonly Held[], key: string): string => placesOf(held, key).map(said).join('')

const placesOf = (held: readonly Held[], key: string): readonly DeltaPlace[] =>
  held.flatMap(({ places }) => places.filter((place) => place.key === key))

const said = ({ holder, field }: DeltaPlace): string => String(holder[field])

/** Puts what is left of a text that held a registered value into its first piece and empties the others. */
async function cut(held: readonly Held[], redactor: Redactor): Promise<void> {
  const keys = new Set(held.flatMap(({ places }) => places.map((place) => place.key)))
  for (const key of keys) {
    const text = textOf(held, key)
    const clean = await withoutRegisteredSecrets(text, redactor)
    if (clean === text) continue
    for (const [index, { holder, field }] of placesOf(held, key).entries()) holder[field] = index === 0 ? clean : ''
  }
}
