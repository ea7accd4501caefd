import { setTimeout as delay } from 'node:timers/promises'
import { v7 } from 'uuid'
import { formatId } from '#domain/ids'
import type { Clock, Identifiers } from '#ports'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
}

/** New identifiers over UUID v7. */
export const identifiers: Identifiers = {
  make: (kind) => formatId(kind, v7(undefined, new Uint8Array(16))),
}
