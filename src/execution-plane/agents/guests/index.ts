export { createGuestAgent } from './guest-agent.ts'
export { guestCliOf } from './guest-clis.ts'
