import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { describeSandboxDriver } from '../../contract/sandbox-driver.ts'

describeSandboxDriver('bubblewrap', (home) => createBubblewrapDriver({ home }))
