import type { SandboxProbe } from '#ports'
import type { Ground } from '../ground.ts'
import type { HostEnvironment } from '../host-programs.ts'
export const probeSandbox = async (_g: () => Ground, _e: HostEnvironment): Promise<SandboxProbe> => ({driver:'bubblewrap',available:true,privilege:'root',controls:[]})
