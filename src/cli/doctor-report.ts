import type { SandboxProbe } from '#ports'

/** The parts of a machine that are looked at, in the order they are shown. */
export type DoctorPart = 'program' | 'tools' | 'sandbox' | 'database' | 'gateway' | 'storage' | 'models'

/** One thing that was looked at. */
export interface DoctorCheck {
  readonly part: DoctorPart
  readonly name: string
  /** `warning` is missing or weak but does not stop a run; `failed` does. */
  readonly outcome: 'ok' | 'warning' | 'failed'
  /** What was found: a version, a path, what an attack met. */
  readonly detail: string
  /** What a person can do about it; absent where nothing is to be done. */
  readonly remedy?: string
}

/** What `gander doctor` found. */
export interface DoctorReport {
  readonly checks: readonly DoctorCheck[]
}

/** The sandbox's own probe as checks: every control that was attacked, held or not. */
export function sandboxChecks(probe: SandboxProbe): readonly DoctorCheck[] {
  const driver: DoctorCheck = {
    part: 'sandbox',
    name: probe.driver,
    outcome: probe.available ? 'ok' : 'failed',
    detail: probe.available ? `works as ${probe.privilege}` : (probe.reason ?? 'cannot be used'),
    ...remedied(probe.remedy),
  }
  const controls = probe.controls.map(
    (control): DoctorCheck => ({
      part: 'sandbox',
      name: control.control,
      outcome: control.held ? 'ok' : control.required ? 'failed' : 'warning',
      detail: control.detail,
      ...remedied(control.held ? undefined : control.remedy),
    }),
  )
  return [driver, ...controls]
}

const remedied = (remedy: string | undefined) => (remedy === undefined ? {} : { remedy })

/** A program that runs may need, with what it is for. */
interface Tool {
  readonly name: string
  readonly argv: readonly string[]
  readonly need: 'required' | 'optional'
  readonly purpose: string
  readonly remedy: string
}

const TOOLS: readonly Tool[] = [
  tool('git', 'required', 'clones and keeps trees', 'apt-get install git'),
  tool('bwrap', 'required', 'isolates what agents run', 'apt-get install bubblewrap'),
  tool('npm', 'optional', 'sets up Node projects', 'install Node.js with npm, or apt-get install npm'),
  tool('python3', 'optional', 'runs Python projects', 'apt-get install python3 python3-venv'),
  {
    ...tool('java', 'optional', 'runs Java projects', 'apt-get install default-jdk-headless'),
    argv: ['java', '-version'],
  },
  tool('mvn', 'optional', 'builds Maven projects', 'apt-get install maven'),
]

function tool(name: string, need: Tool['need'], purpose: string, remedy: string): Tool {
  return { name, argv: [name, '--version'], need, purpose, remedy }
}

/** Runs a program and gives what it printed, or undefined when it cannot be run. */
type AskProgram = (argv: readonly string[]) => Promise<string | undefined>

/** Looks for each tool by asking it for its version. */
export async function toolChecks(ask: AskProgram): Promise<readonly DoctorCheck[]> {
  return await Promise.all(
    TOOLS.map(async ({ name, argv, need, purpose, remedy }): Promise<DoctorCheck> => {
      const printed = await ask(argv)
      const version = printed === undefined ? undefined : /\d+(\.\d+)+[\w+-]*/.exec(printed)?.[0]
      if (printed !== undefined)
        return { part: 'tools', name, outcome: 'ok', detail: `${version ?? 'found'}, ${purpose}` }
      const outcome = need === 'required' ? 'failed' : 'warning'
      return { part: 'tools', name, outcome, detail: `not found; ${purpose}`, remedy }
    }),
  )
}
