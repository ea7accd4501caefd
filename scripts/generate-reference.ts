import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { referencePages } from './reference-pages.ts'

/** Writes docs/reference; with --check only says which pages are stale, and fails when there is one. */
const folder = 'docs/reference'
const check = process.argv.includes('--check')
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(referencePages())) {
  const path = join(folder, name)
  if (readOr(path) === text) continue
  console.log(`${check ? 'stale' : 'wrote'} ${path}`)
  if (check) process.exitCode = 1
  else writeFileSync(path, text)
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
