import { cruise } from 'dependency-cruiser'
import { createRequire } from 'node:module'
import { globSync } from 'node:fs'
import process from 'node:process'

/**
 * Runs the boundary rules over src and test. Fails when a rule is broken, and also when fewer modules were read than
 * there are files: a cruiser that reads nothing passes everything.
 */
const configuration = createRequire(import.meta.url)('../.dependency-cruiser.cjs')
const files = globSync('src/**/*.ts')
const { output } = await cruise(['src'], { ...configuration.options, validate: true, ruleSet: configuration })
if (typeof output === 'string') throw new Error('dependency-cruiser gave text where a result was expected')
const read = output.modules.filter((module) => module.source.startsWith('src/')).length
for (const violation of output.summary.violations)
  console.error(`${violation.rule.name}: ${violation.from} → ${violation.to}`)
console.log(`${read} of ${files.length} modules read, ${output.summary.violations.length} violations`)
process.exit(output.summary.violations.length > 0 || read < files.length ? 1 : 0)
