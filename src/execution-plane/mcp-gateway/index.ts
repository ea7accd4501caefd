/**
 * The gateway to foreign tool servers. Decides which servers are started, whether one still is what a person pinned,
 * which of its tools agents see and under what names, and what of its answers they get. Owns mcp.yaml's meaning, the
 * pin, and each server's sandbox, failures and calls over a run. A description is never a boundary; nor is an annotation.
 */
export { parseMcpConfiguration, withPin, type McpServerConfiguration } from './configuration.ts'
export { isForeignTool } from './declare-foreign.ts'
export { createMcpGateway, lookAtServer, type ForeignTools, type McpGateway } from './mcp-gateway.ts'
export type { McpGatewayDependencies } from './mcp-host.ts'
export { canonicalOffer, changesBetween, pinnedOffer } from './pin.ts'
