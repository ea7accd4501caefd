/**
 * Lets setups read packages and nothing else: ends their TLS with an authority of its own, judges host, method, path
 * and redirect of every request, writes the request that leaves itself, and keeps each run's budgets. Decides nothing
 * about which hosts a run may name. Owns registry-proxy below Gander's home.
 */
export { createRegistryProxy } from './create-registry-proxy.ts'
