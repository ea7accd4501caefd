/**
 * The command line: decides what a person may type, what they see, and how a command ends. Owns GANDER_HOME's place and
 * the key file. Speaks to the port `Platform` only; what it needs of the platform side is handed in as `CliWiring`.
 */
export { FILES, VARIABLES } from './configuration.ts'
export {
  sandboxChecks,
  toolChecks,
  type DoctorCheck,
  type DoctorReport,
} from './doctor-report.ts'
export type {
  CliEnvironment,
  CliWiring,
  ControlPlaneWish,
  GatewayWish,
  Served,
  ServeWish,
  Standing,
  StopDrill,
  WorkerWish,
} from './environment.ts'
export { EXIT_CODES } from './exit-code.ts'
export { ganderHome } from './gander-home.ts'
export type { McpDesk, McpPinned } from './mcp-desk.ts'
export { processEnvironment } from './process-environment.ts'
export { createProgram, runCommandLine } from './program.ts'
export type { AuditDesk, BackupSummary } from './audit-desk.ts'
