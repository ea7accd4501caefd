import { fileURLToPath } from 'node:url'

/** Lets gateways that this file starts find their code compiled, as those of `bin/gander` do: half of their start. */
export function useCompiledCode(): void {
  process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../../../node_modules/.cache/gander', import.meta.url))
}
