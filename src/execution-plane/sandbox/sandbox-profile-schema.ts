import { z } from 'zod'
import { ISOLATION_CLASSES } from '#domain/sandbox'

const UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const

const size = z
  .union([
    z.int().min(0),
    z.string().regex(/^\d{1,9}(?:\.\d{1,3})?\s?[KMGTkmgt]i?[Bb]?$/, 'must be a size such as 4Gi'),
  ])
  .transform((value) => {
    if (typeof value === 'number') return value
    const unit = /[kmgt]/.exec(value.toLowerCase())?.[0] as keyof typeof UNITS | undefined
    return Math.floor(Number.parseFloat(value) * UNITS[unit ?? ''])
  })
const count = (most: number) => z.int().min(0).max(most)
const glob = z
  .string()
  .min(1)
  .max(400)
  .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'must be a path inside the repository')
const globs = z.array(glob).max(200)
const host = z
  .string()
  .regex(/^(?!\d+(\.\d+){3}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a host name such as registry.example.org')

const filesystem = z.strictObject({
  writable_paths: globs.optional().describe('Paths that a run may change. Absent: every path. Empty: none.'),
  read_only_paths: globs
    .optional()
    .describe('Paths that a run may not change. Absent or empty: none besides the protected ones.'),
})
const network = z.strictObject({
  allowlist: z
    .array(host)
    .max(50)
    .optional()
    .describe('Hosts that setup may fetch from besides registries and lockfile hosts. Absent or empty: none.'),
  ask: z
    .boolean()
    .optional()
    .describe('True: a person may be asked to open another public host for a run. Absent: true.'),
})
const resources = z.strictObject({
  cpus: z.number().min(0).max(256).optional().describe('Processors. Absent: 2. 0: none, so nothing runs.'),
  memory: size.optional().describe('Bytes, or a size such as 4Gi. Absent: 4Gi. 0: none, so nothing runs.'),
  pids: count(100_000).optional().describe('Processes at once. Absent: 256. 0: none, so nothing runs.'),
  upper: size.optional().describe('Size of the writable layer. Absent: 1.5Gi. 0: none, so nothing runs.'),
  command_minutes: z
    .number()
    .min(0)
    .max(1_440)
    .optional()
    .describe('Longest setup or verification command. Absent: 60. 0: none.'),
  run_minutes: z
    .number()
    .min(0)
    .max(10_080)
    .optional()
    .describe('Longest run; the task may set less. Absent: 1440. 0: none.'),
})
const packages = z.strictObject({
  allow_download: z.boolean().optional().describe('False: setup has no way out at all. Absent: true.'),
  use_locked_cache: z
    .boolean()
    .optional()
    .describe('True: what an earlier setup of the same lockfiles installed may be used again. Absent: true.'),
  install_scripts: z
    .boolean()
    .optional()
    .describe('True: packages may run code while they are installed. Absent: false.'),
  budget: z
    .strictObject({
      requests: count(1_000_000).optional().describe('Requests. Absent: 20000. 0: none.'),
      bytes: size.optional().describe('Bytes fetched. Absent: 4Gi. 0: none.'),
      misses: count(1_000_000).optional().describe('Different addresses that are not there. Absent: 200. 0: none.'),
    })
    .optional(),
})

/** The schema of sandbox profiles: an operator's own, and the `.gander/sandbox.yaml` of a repository, which only narrows. */
export const sandboxProfileSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,60}$/, 'must be lower-case words joined by -')
      .optional(),
    sandbox_profile: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,60}$/, 'must be the name of a profile')
      .optional()
      .describe(
        "Only in a repository's `.gander/sandbox.yaml`: name of an operator's profile that its runs are held to as well. Absent: none.",
      ),
    requires: z
      .strictObject({
        isolation: z
          .enum(ISOLATION_CLASSES)
          .optional()
          .describe('The weakest class that will do. Absent: shared_kernel.'),
        controls: z
          .array(z.string().regex(/^[a-z][a-z0-9_]{0,60}$/))
          .max(100)
          .optional()
          .describe('Controls, as `gander doctor` names them, that must hold besides the required ones. Absent: none.'),
      })
      .optional(),
    filesystem: filesystem.optional(),
    network: network.optional(),
    secrets: z.array(z.never()).max(0).optional().describe('Always empty: no secret enters a sandbox.'),
    resources: resources.optional(),
    packages: packages.optional(),
    artifact_export: globs.optional().describe('Files of the verified tree kept as artifacts. Absent or empty: none.'),
  })
  .describe("What a run's sandboxes may do.")

export type SandboxProfileDocument = z.infer<typeof sandboxProfileSchema>
