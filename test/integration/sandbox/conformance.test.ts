import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { describeSandboxDriver } from '../../contract/sandbox-driver.ts'

const worker = new URL('../../support/sandbox-worker.ts', import.meta.url).pathname

describeSandboxDriver('bubblewrap', (home) => createBubblewrapDriver({ home }), { worker })
