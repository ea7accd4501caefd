/**
 * Models made real: the four wire formats through the AI SDK, recorded conversations, and what models cost. Owns how a
 * neutral request is put into a provider's words, how every failure is named, and the conversation file's format.
 */
export { createEmbedder, type EmbedderAddress } from './openai-embedder.ts'
export { createModelProvider } from './model-provider.ts'
export { createPriceTable } from './price-table.ts'
export { readRecording, recordConversation } from './recording.ts'
