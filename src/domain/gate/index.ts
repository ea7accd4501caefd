export {
  boundaryLines,
  boundarySummary,
  type BoundaryCheck,
  type BoundaryReport,
  type NotRead,
} from './boundary-report.ts'
export { lets, type GateName, type GateAnswer, type Finding, type Verdict } from './verdict.ts'
