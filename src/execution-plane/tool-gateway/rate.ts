import type { ToolName } from '#domain/tool'
import type { Problem, Tool } from './tool.ts'

/** The most calls of one model turn; a turn's calls share their key up to the last colon. */
const CALLS_PER_TURN = 64

/** Counts calls so that a model in a loop is slowed down before it costs more than its budget. */
export interface Rate {
  /** Counts the call, or says why it is one too many. */
  admit(tool: Tool, key: string, now: number): Problem | undefined
}

/** A fresh count; times are those of acts performed, so a replay counts nothing. */
export function createRate(): Rate {
  const recent = new Map<ToolName, number[]>()
  const turn = { key: '', calls: 0 }
  return {
    admit(tool, key, now) {
      const turnKey = key.slice(0, Math.max(0, key.lastIndexOf(':')))
      turn.calls = turn.key === turnKey ? turn.calls + 1 : 1
      turn.key = turnKey
      if (turn.calls > CALLS_PER_TURN)
        return refused(
          'rate.turn',
          `More than ${CALLS_PER_TURN} calls in one answer. Wait for the results before you call more.`,
        )
      const times = (recent.get(tool.name) ?? []).filter((time) => now - time < 60_000)
      recent.set(tool.name, times)
      if (times.length >= tool.calls_per_minute)
        return refused(
          'rate.minute',
          `More than ${tool.calls_per_minute} calls of ${tool.name} in a minute. Use another tool, or fewer calls.`,
        )
      times.push(now)
      return undefined
    },
  }
}

const refused = (rule: string, message: string): Problem => ({ rule, message, status: 'refused' })
