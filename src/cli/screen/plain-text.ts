// Control characters but tab and newline, and characters that change the direction of text or are not seen at all.
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/**
 * Text of a model, a repository or a forge made safe to print: nothing in it can move the cursor, colour or retitle the
 * terminal, or show other words than it holds.
 */
export const plainText = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll(UNSAFE, '')

/** The same on one line. */
export const plainLine = (text: string): string => plainText(text).replaceAll(/\s+/g, ' ').trim()

/** Cuts a line to a width, with an ellipsis where something was cut. */
export function cut(text: string, width: number): string {
  const letters = Array.from(text)
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`
}

/** Breaks text into lines of at most the width, between words where possible. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    let rest = line
    while (rest.length > width) {
      const at = rest.lastIndexOf(' ', width)
      const end = at > width / 3 ? at : width
      lines.push(rest.slice(0, end))
      rest = rest.slice(end).trimStart()
    }
    lines.push(rest)
  }
  return lines
}
