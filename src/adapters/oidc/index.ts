// Signing people in with an OpenID Connect provider. It owns what a token must be to count, and the way of a person from
// the command line to the provider and back, by a browser on this machine or on another one.
export { createSignIn } from './create-sign-in.ts'
export { signInByBrowser } from './sign-in-by-browser.ts'
export { signInByDevice } from './sign-in-by-device.ts'
