import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createRedactor } from '#evidence-plane/redaction'
import { calibrateJudge, readJudgeCase } from '#execution-plane/calibration'
import { ensureGateway } from '#adapters/gateway-socket'
import { createPriceTable } from '#adapters/models'
import { LOCAL_TENANT } from '#domain/ids'
import type { JudgeTrial, JudgeTrialWish } from '#ports'
import { keptHome, type PlatformSettings } from './shared-parts.ts'
import { systemClock } from './system-clock.ts'
import { readCases } from './read-cases.ts'

const CASES = fileURLToPath(new URL('../../evals/judge/cases/', import.meta.url))

/** Has a model judge the set, through the model gateway like every call to a model. */
export async function tryJudge(settings: PlatformSettings, wish: JudgeTrialWish): Promise<JudgeTrial> {
  const { home, database_url } = settings
  const { keys, ...asked } = wish
  const cases = await readCases(CASES, readJudgeCase)
  const connection = await ensureGateway({
    home: keptHome(settings),
    keys,
    ...(database_url === undefined ? {} : { database_url }),
  })
  const redactor = createRedactor()
  for (const [name, key] of Object.entries(keys)) redactor.register(name, key)
  try {
    return await calibrateJudge({
      ...asked,
      cases,
      run_id: `run_calibration_${randomUUID()}`,
      tenant_id: LOCAL_TENANT,
      gateway: connection.gateway,
      prices: createPriceTable({ home }),
      clock: systemClock,
      redactor,
    })
  } finally {
    await connection.close()
  }
}
