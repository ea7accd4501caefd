import type { IdKind, IdOf } from '#domain/ids'
import { parseId } from '#domain/ids'
import { z } from 'zod'

/** An identifier of the kind: a prefix, an underscore and 26 characters that sort by time. */
export const identifier = <Kind extends IdKind>(kind: Kind): z.ZodType<IdOf<Kind>, IdOf<Kind>> =>
  z
    .string()
    .refine((text) => parseId(kind, text) !== undefined, `must be an identifier of a ${kind}`)
    .meta({ pattern: '^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$' }) as unknown as z.ZodType<IdOf<Kind>, IdOf<Kind>>

/** A tenant's identifier: made by the platform, or the one of an installation that has only one. */
export const tenantIdentifier = z.string().regex(/^ten_[0-9a-z]{1,32}$/) as unknown as z.ZodType<
  IdOf<'tenant'>,
  IdOf<'tenant'>
>

/** Hex SHA-256. It comes out as it is on record: what is odd there must be seen, not hidden behind an error. */
export const sha256 = z.string().meta({ pattern: '^[0-9a-f]{64}$' })

/** A moment, RFC 3339 in UTC. */
export const moment = z.string().meta({ format: 'date-time' })

/** A moment as a client sends it, in any zone; it is passed on in UTC. */
export const pastMoment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString())
