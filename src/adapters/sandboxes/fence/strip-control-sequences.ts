/* oxlint-disable no-control-regex -- control characters are what this file is about */
// Each class excludes what ends it, so that every alternative is linear; strings end at the line at the latest, so that
// an unterminated one cannot hide the rest of an output.
const STRINGS = /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?/g
const SEQUENCES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?/g
const ESCAPES = /\u001b[ -/]*[0-~]?/g
const LINE_ENDS = /\r+\n?/g
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/** Plain text of terminal output: colours, titles, cursor moves and other controls are gone, progress becomes lines. */
export const stripControlSequences = (text: string): string =>
  text.replace(STRINGS, '').replace(SEQUENCES, '').replace(ESCAPES, '').replace(LINE_ENDS, '\n').replace(CONTROLS, '')
