import type { CheckpointRule, Disposition, GateAuthority, GateNumbers, PhaseRule, WorkflowProfile } from './profile.ts'

const DAY: CheckpointRule = { timeout_minutes: 24 * 60, on_timeout: 'stop' }

const on = (disposition: Disposition, checkpoint: CheckpointRule | null = null): PhaseRule => ({
  disposition,
  checkpoint,
})

const NO_NUMBERS: GateNumbers = {
  coverage_min: null,
  all_pass: false,
  max_blockers: null,
  max_critical: null,
  tech_debt_logged: false,
  max_files_changed: null,
  auto_merge: { enabled: false, delay_minutes: 5 },
  monitor: { anomaly_detection: false, rollback_on: [], auto_create_issue: false },
}

/**
 * The profile of each level where nobody wrote one. Tests that are required are never a warning, whatever the level:
 * of the two documents that disagree here the strict one counts.
 */
export const BUILT_IN_PROFILES: Readonly<Record<GateAuthority, WorkflowProfile>> = {
  1: {
    level: 1,
    phases: {
      intake: on('abort'),
      plan: on('ask', DAY),
      build: on('abort', DAY),
      test: on('ask', DAY),
      review: on('ask', DAY),
      document: on('abort'),
      deliver: on('abort'),
      monitor: on('warn'),
    },
    gates: NO_NUMBERS,
  },
  2: {
    level: 2,
    phases: {
      intake: on('abort'),
      plan: on('ask', DAY),
      build: on('abort'),
      test: on('repair', DAY),
      review: on('repair', DAY),
      document: on('abort'),
      deliver: on('abort'),
      monitor: on('warn'),
    },
    gates: NO_NUMBERS,
  },
  3: {
    level: 3,
    phases: {
      intake: on('abort'),
      plan: on('abort'),
      build: on('abort'),
      test: on('repair'),
      review: on('repair'),
      document: on('abort'),
      deliver: on('abort'),
      monitor: on('warn'),
    },
    gates: NO_NUMBERS,
  },
  4: {
    level: 4,
    phases: {
      intake: on('abort'),
      plan: on('abort'),
      build: on('abort'),
      test: on('repair'),
      review: on('repair'),
      document: on('warn'),
      deliver: on('abort'),
      monitor: on('warn'),
    },
    gates: {
      ...NO_NUMBERS,
      coverage_min: 90,
      all_pass: true,
      max_blockers: 0,
      max_critical: 0,
      tech_debt_logged: true,
      max_files_changed: 20,
      monitor: {
        anomaly_detection: true,
        rollback_on: ['error_rate_spike', 'latency_increase'],
        auto_create_issue: true,
      },
    },
  },
}
