import type { ModelProvider } from '#ports'
import { recordedModel } from './recorded-model.ts'

/** The provider for every model: a wire format or a recording. The wire formats are loaded when first asked for. */
export function createModelProvider(): ModelProvider & { warm(): Promise<void> } {
  return {
    /** Loads the wire formats (0.2 s of work) before the first call waits for them. */
    async warm() {
      await import('./wire-provider.ts')
    },
    needsKey: (model) => model.api !== 'recorded' && model.url === null,
    async answer(call) {
      if (call.model.api === 'recorded') return recordedModel.answer(call)
      const { askProvider } = await import('./wire-provider.ts')
      return askProvider(call)
    },
  }
}
