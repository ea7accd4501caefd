import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { GanderError } from '#domain/failure'
import type { ModelChoice } from '#domain/task'
import type { ModelPrice, PriceTable } from '#ports'
import { isLoopbackUrl } from './loopback.ts'
import published from './prices.json' with { type: 'json' }

const usd = z.number().nonnegative()
const rates = { input: usd, output: usd, cached_input: usd, cache_write_input: usd.optional() }
const price = z.strictObject({
  ...rates,
  long_prompt: z.strictObject({ over_tokens: z.number().int().positive(), ...rates }).optional(),
})
const entry = z.union([price, z.literal('free')])
const priceFile = z.object({ models: z.record(z.string(), z.record(z.string(), entry)) })

type Entry = ModelPrice | 'free'
type Models = Readonly<Record<string, Readonly<Record<string, Entry>>>>

/**
 * What models cost: the published table, below `prices.json` of the home, which may name any provider, `*` for all of
 * its models, and `"free"`. A recording is free. A model at a loopback address is free unless the home's file prices
 * it; at any other address of one's own, only the home's file counts.
 * @throws GanderError `usage` when the home's file is no price file
 */
export function createPriceTable({ home }: { readonly home: string }): PriceTable {
  const own = readOwn(join(home, 'prices.json'))
  const known = priceFile.parse(published).models as Models
  return {
    priceOf(model: ModelChoice) {
      if (model.api === 'recorded') return 'free'
      const declared = find(own, model)
      if (declared !== undefined) return declared
      if (model.url === null) return find(known, model)
      return isLoopbackUrl(model.url) ? 'free' : undefined
    },
  }
}

/** The entry of a model: by its name, by its name without a date, or by the provider's `*`. */
function find(models: Models, { provider, model }: ModelChoice): Entry | undefined {
  const entries = models[provider]
  if (entries === undefined) return undefined
  const undated = model.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '')
  for (const name of [model, undated, '*']) if (Object.hasOwn(entries, name)) return entries[name]
  return undefined
}

function readOwn(path: string): Models {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw refused(path, String(error), error)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw refused(path, `it is no JSON (${error instanceof Error ? error.message : String(error)})`, error)
  }
  const checked = priceFile.safeParse(parsed)
  if (checked.success) return checked.data.models as Models
  const [issue] = checked.error.issues
  throw refused(path, `${issue?.path.join('.') ?? 'the file'}: ${issue?.message ?? 'not as it must be'}`, checked.error)
}

const refused = (path: string, why: string, cause: unknown): GanderError =>
  new GanderError('usage', `The price file ${path} cannot be used: ${why}.`, {
    cause,
    remedy:
      'Write {"models": {"PROVIDER": {"MODEL": {"input": 1, "output": 5, "cached_input": 0.1}}}} in US dollars for a million tokens, or "free" in place of the prices.',
  })
