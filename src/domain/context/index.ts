/**
 * What a model is shown, as it is kept on record: the layers, the items of an opening with where each came from, and the
 * account of every later request. Owns the nouns alone; the context room of the execution plane decides what goes in.
 */
export {
  CONTEXT_LAYERS,
  type ContextDataClass,
  type ContextItem,
  type ContextItemType,
  type ContextLayer,
  type ContextManifest,
  type DroppedItem,
  type DropReason,
  type TextFlag,
} from './manifest.ts'
export { messagesSeen, type RequestAccount, type SeenMessage } from './request-account.ts'
