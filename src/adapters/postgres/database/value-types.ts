import { types, type CustomTypesConfig } from 'pg'

/** The same with the plain numbers that the protocol has. */
const usualParser = types.getTypeParser as (oid: number, format?: 'text' | 'binary') => (text: string) => unknown

const BIGINT = 20
const NUMERIC = 1700
const TIMESTAMPTZ = 1184

/**
 * How values arrive: bigint and numeric as numbers (counters and dollars, all far below 2^53), timestamptz as RFC 3339
 * in UTC with milliseconds, json parsed.
 */
export const VALUE_TYPES: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === BIGINT || oid === NUMERIC) return Number
    if (oid === TIMESTAMPTZ) return (text: string) => new Date(text).toISOString()
    return usualParser(oid, format)
  }) as CustomTypesConfig['getTypeParser'],
}
