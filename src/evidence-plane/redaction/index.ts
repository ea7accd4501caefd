/**
 * Decides what in a text is a secret or personal data, and cuts it out before the text reaches a model, log, record,
 * artifact, packet, pull request or terminal, whole or as a stream. Owns the encodings under which registered values are
 * found, the known formats, and what is never a secret although it looks random (hashes, UUIDs, git ids, integrity strings).
 */
export { createRedactor } from './redactor.ts'
