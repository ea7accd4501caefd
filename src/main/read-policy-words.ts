import { readFile } from 'node:fs/promises'
import type { PolicyText, PolicyTexts } from '#ports'
import { basename } from 'node:path'
import { policyWords } from './read-policy-place.ts'

/** The words of a policy on this disk. @throws GanderError `usage` where there is no such place */
export const policy = (place: string): Promise<PolicyTexts> => policyWords(place)

/** A file of tests, by its name. */
export const test = async (file: string): Promise<PolicyText> => ({
  path: basename(file),
  text: await readFile(file, 'utf8'),
})
