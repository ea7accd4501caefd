/**
 * The choke point: every act of an agent is one call through here and one step in its run's journal. Decides whether a
 * call is well-formed, open in its phase, within rate and limits, and allowed by policy; then does it, inside the
 * sandbox or by guarded file access, and records it redacted. Owns the thirteen tools, their schemas and versions.
 */
export { createToolGateway, TOOL_SCHEMA_VERSION } from './tool-gateway.ts'
export type { CallAgreement, ToolGatewayDependencies, ToolHost } from './tool-host.ts'
export { decisionRecord } from './call-record.ts'
export { excerpt, plainText } from './excerpt.ts'
export { performAct, type Presented } from './perform-act.ts'
export { hashOf, nameShown, nestsTooDeep } from './weigh.ts'
export { failedRun, type Problem, type ToolRun } from './tool.ts'
