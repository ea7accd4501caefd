import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import type { ModelRequest } from '#ports'

/** Hex SHA-256 of the canonical request: what `ModelCall.request_sha256` must hold. */
export const hashRequest = (request: ModelRequest): string => hashJson(request)

/** Hex SHA-256 of a value's canonical JSON. */
export const hashJson = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex')
