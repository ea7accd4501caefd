/** Colours a terminal would have shown the line in; programs paint what failed. */
export interface CleanLine {
  readonly text: string
  readonly red: boolean
  readonly green: boolean
}

const ESCAPE = '\u001B'
const ESC = String.raw`\u001B`
const CODES = new RegExp(
  String.raw`${ESC}(?:\[[0-9;?]{0,32}[A-Za-z]|\][^\u0007${ESC}]{0,512}(?:\u0007|${ESC}\\)?|\([A-Z0-9]|[=>78])`,
  'g',
)
const RED = new RegExp(String.raw`${ESC}\[(?:[0-9]{1,2};)?(?:31|91|41)(?:;[0-9]{1,2})?m`)
const GREEN = new RegExp(String.raw`${ESC}\[(?:[0-9]{1,2};)?(?:32|92)(?:;[0-9]{1,2})?m`)
/** What a terminal does not show, but for tab, line feed and return. */
const UNSHOWN = /(?![\t\n\r])\p{Cc}/gu

/** What a terminal would show of a line in the end: the last state of a progress bar, no codes, no NULs. */
export function cleanLine(raw: string): CleanLine {
  const coloured = raw.includes(ESCAPE)
  const red = coloured && RED.test(raw)
  const green = coloured && GREEN.test(raw)
  const plain = coloured ? raw.replaceAll(CODES, '') : raw
  const last = plain.includes('\r') ? lastState(plain) : plain
  return { text: last.replaceAll(UNSHOWN, '').trimEnd(), red, green }
}

function lastState(line: string): string {
  const ended = line.trimEnd()
  return ended.slice(ended.lastIndexOf('\r') + 1)
}
