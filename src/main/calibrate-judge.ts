import type { JudgeTrial, JudgeTrialWish } from '#ports'
import type { PlatformSettings } from './shared-parts.ts'
import { GanderError } from '#domain/failure'

export async function tryJudge(_settings: PlatformSettings, _wish: JudgeTrialWish): Promise<JudgeTrial> {
  throw new GanderError('usage', 'not yet')
}
