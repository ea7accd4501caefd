import { lets, type GateAnswer, type GateName, type Verdict } from '#domain/gate'
import { failuresOf } from '#domain/verification'
import { explain } from './diagnosis.ts'
import { need, type Execution } from './execution.ts'
import { explainProof, judgeProof } from './red-green.ts'
import { explainStrength, judgeTestStrength } from './test-strength.ts'
import { judgeTree } from './verify.ts'

/** The gates that run the proposed tree, in their order; each looks only at what passed those before it. */
const GATES: readonly {
  readonly gate: GateName
  readonly judge: (execution: Execution, tree: string, round: number) => Promise<Verdict>
}[] = [
  { gate: 'verification', judge: judgeTree },
  { gate: 'red_green', judge: judgeProof },
  { gate: 'test_strength', judge: judgeTestStrength },
]

/** The verdict of the first gate that says no, else of the verification. */
export async function prove(execution: Execution, tree: string, round: number): Promise<Verdict> {
  for (const { gate } of GATES) execution.found.verdicts.delete(gate)
  for (const { judge } of GATES) {
    const verdict = await judge(execution, tree, round)
    if (!lets(verdict)) return verdict
  }
  return execution.found.verdicts.get('verification') ?? judgeTree(execution, tree, round)
}

/** What these gates said of the tree, as the guards of the lifecycle read it. */
export const proofAnswers = ({ found }: Execution): { readonly [gate in GateName]?: GateAnswer } =>
  Object.fromEntries(
    GATES.flatMap(({ gate }) => {
      const answer = found.verdicts.get(gate)?.answer
      return answer === undefined ? [] : [[gate, answer]]
    }),
  )

/** What an agent reads when it has to repair. */
export function explainNo(execution: Execution, verdict: Verdict): string {
  if (verdict.gate === 'test_strength') return explainStrength(verdict)
  return verdict.gate === 'red_green' ? explainProof(execution, verdict) : explain(execution, need(execution, 'after'))
}

/** True for a no that comes from the machine and not from the change: no repair is spent on it. */
export const isMachines = ({ found }: Execution, { answer, gate }: Verdict): boolean =>
  answer === 'unavailable' && (gate !== 'verification' || failuresOf(found.failures ?? [], 'infrastructure').length > 0)
