import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { z } from 'zod'
import { profileSchema } from '#execution-plane/verifier'

/** Writes the JSON Schema of verification profiles; with `--check` it only tells whether the file is up to date. */
const path = `${import.meta.dirname}/../docs/reference/verification-profile.schema.json`
const schema = {
  title: 'Gander verification profile',
  ...z.toJSONSchema(profileSchema, { io: 'input', target: 'draft-2020-12' }),
}
const text = `${JSON.stringify(schema, null, 2)}\n`
if (process.argv.includes('--check')) {
  const stale = readFileSync(path, 'utf8') !== text
  if (stale) console.error('docs/reference/verification-profile.schema.json is stale: run this script without --check')
  process.exit(stale ? 1 : 0)
}
mkdirSync(`${import.meta.dirname}/../docs/reference`, { recursive: true })
writeFileSync(path, text)
