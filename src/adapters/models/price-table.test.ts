import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ModelChoice } from '#domain/task'
import { createPriceTable } from './price-table.ts'
import published from './prices.json' with { type: 'json' }

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-prices-'))
})
afterEach(() => rm(home, { recursive: true }))

const model = (provider: string, name: string, more: Partial<ModelChoice> = {}): ModelChoice => ({
  provider,
  model: name,
  api: 'openai-chat',
  url: null,
  ...more,
})
const declare = (models: object) => writeFile(join(home, 'prices.json'), JSON.stringify({ models }))

describe('the published table', () => {
  it('knows a model by its name and by its name with a date', () => {
    const table = createPriceTable({ home })
    expect(table.priceOf(model('anthropic', 'claude-haiku-4-5'))).toMatchObject({ input: 1, output: 5 })
    expect(table.priceOf(model('anthropic', 'claude-haiku-4-5-20251001'))).toMatchObject({ input: 1, output: 5 })
    expect(table.priceOf(model('openai', 'gpt-5-2025-08-07'))).toMatchObject({ input: 1.25 })
  })

  it('does not guess what an unknown model costs', () => {
    const table = createPriceTable({ home })
    expect(table.priceOf(model('anthropic', 'claude-unheard-of'))).toBeUndefined()
    expect(table.priceOf(model('anthropic', 'constructor'))).toBeUndefined()
    expect(table.priceOf(model('nobody', 'gpt-5'))).toBeUndefined()
  })

  it('has no cached price above the plain one, and no input above the output', () => {
    const all = Object.values(published.models).flatMap((entries) => Object.values(entries))
    expect(all.length).toBeGreaterThan(40)
    for (const price of all) {
      expect(price.cached_input).toBeLessThanOrEqual(price.input)
      expect(price.input).toBeLessThanOrEqual(price.output)
    }
  })
})

describe('addresses of one’s own', () => {
  it('are free on this machine', () => {
    const table = createPriceTable({ home })
    for (const url of ['http://127.0.0.1:11434/v1', 'http://localhost:8080', 'http://[::1]:1/v1'])
      expect(table.priceOf(model('local', 'qwen', { url }))).toBe('free')
  })

  it('have no price elsewhere, also under a known name', () => {
    const table = createPriceTable({ home })
    for (const url of ['https://127.0.0.1.example.com/v1', 'http://10.0.0.1/v1', 'not an address'])
      expect(table.priceOf(model('openai', 'gpt-5', { url }))).toBeUndefined()
  })

  it('have the price that is declared for them', async () => {
    await declare({ local: { '*': { input: 1, output: 2, cached_input: 0 } }, lab: { '*': 'free' } })
    const table = createPriceTable({ home })
    expect(table.priceOf(model('local', 'any', { url: 'http://127.0.0.1/v1' }))).toMatchObject({ output: 2 })
    expect(table.priceOf(model('lab', 'any', { url: 'http://10.0.0.1/v1' }))).toBe('free')
  })
})

it('lets the home override the published price', async () => {
  await declare({ openai: { 'gpt-5': { input: 9, output: 9, cached_input: 9 } } })
  expect(createPriceTable({ home }).priceOf(model('openai', 'gpt-5'))).toMatchObject({ input: 9 })
})

it('has recordings for free', () => {
  expect(createPriceTable({ home }).priceOf(model('recorded', '/tmp/x.json', { api: 'recorded' }))).toBe('free')
})

it.each([
  ['{"models": {"openai": {"gpt-5": {"input": -1, "output": 1, "cached_input": 0}}}}', 'models.openai.gpt-5'],
  ['{"models": {"openai": {"gpt-5": "cheap"}}}', 'models.openai.gpt-5'],
  ['{oops', 'no JSON'],
])('refuses %s and says where it is wrong', async (content, said) => {
  await writeFile(join(home, 'prices.json'), content)
  expect(() => createPriceTable({ home })).toThrow(said)
})
