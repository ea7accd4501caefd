import type { ModelProvider } from '#ports'
import { recordedModel } from './recorded-model.ts'

/** The provider for every model: a wire format or a recording. The wire formats are loaded when first asked for. */
export function createModelProvider(): ModelProvider & { warm(providers: readonly string[]): Promise<void> } {
  return {
    /** Loads what these providers are asked with (0.2 s of work, 12 MB) before the first call waits for it. */
    async warm(providers) {
      const { loadWire } = await import('./wire-provider.ts')
      await Promise.all(providers.map(loadWire))
    },
    needsKey: (model) => model.api !== 'recorded' && model.url === null,
    async answer(call) {
      if (call.model.api === 'recorded') return recordedModel.answer(call)
      const { askProvider } = await import('./wire-provider.ts')
      return askProvider(call)
    },
  }
}
