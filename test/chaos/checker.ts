/** Reads database, forge, artifacts, ledger and what is left on the machine, and names every breach of I1-I13. */
import process from 'node:process'
import { Client } from 'pg'
import { VALUE_TYPES } from '../../src/adapters/postgres/database/value-types.ts'
import { checkApprovals, checkDecisions, checkKills, checkPullRequests } from './checker/effects.ts'
import { INVARIANTS, type Ground, type Sql, type Violation } from './checker/ground.ts'
import { checkArtifacts, checkBudgets, checkLedger } from './checker/records.ts'
import { checkRemains } from './checker/remains.ts'
import { checkEnds, checkLeases, checkSteps } from './checker/runs.ts'
import { checkCanaries, checkTenants } from './checker/secrets.ts'

const CHECKS = [
  checkEnds,
  checkLeases,
  checkPullRequests,
  checkDecisions,
  checkKills,
  checkBudgets,
  checkApprovals,
  checkLedger,
  checkArtifacts,
  checkRemains,
  checkTenants,
  checkCanaries,
  checkSteps,
]

/** Every breach that is found; empty means that all invariants hold. */
export async function check(ground: Ground): Promise<readonly Violation[]> {
  const found: Violation[] = []
  for (const one of CHECKS) found.push(...(await one(ground)))
  return found
}

/** The same over a connection of its own, as the database's owner. */
export async function checkAt(url: string, ground: Omit<Ground, 'sql'>): Promise<readonly Violation[]> {
  const client = new Client({ connectionString: url, types: VALUE_TYPES })
  await client.connect()
  try {
    return await check({ ...ground, sql: sqlOf(client) })
  } finally {
    await client.end()
  }
}

/** Statements over one connection, one after the other. */
export function sqlOf(client: Client): Sql {
  let last: Promise<unknown> = Promise.resolve()
  return async <Row extends object>(text: string, values: readonly unknown[] = []) => {
    const asked = last.then(() => client.query<Row>(text, [...values]))
    last = asked.catch(() => undefined)
    return (await asked).rows
  }
}

if (import.meta.main) {
  const [url = process.env['DATABASE_URL'] ?? '', home = process.env['GANDER_HOME'] ?? ''] = process.argv.slice(2)
  const violations = await checkAt(url, { kept: home, homes: [home], settled: true })
  for (const { invariant, what } of violations) console.log(`${invariant} (${INVARIANTS[invariant]}): ${what}`)
  console.log(`${violations.length} violations of ${Object.keys(INVARIANTS).length} invariants`)
  process.exitCode = violations.length === 0 ? 0 : 1
}
