import type { Screen } from '../environment.ts'

type Ink = (text: string) => string

/** Colours by what they mean. */
export interface Paint {
  readonly good: Ink
  readonly bad: Ink
  readonly warn: Ink
  readonly strong: Ink
  readonly dim: Ink
  readonly link: Ink
}

const ink =
  (open: number, close: number): Ink =>
  (text) =>
    text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`

const COLOURED: Paint = {
  good: ink(32, 39),
  bad: ink(31, 39),
  warn: ink(33, 39),
  strong: ink(1, 22),
  dim: ink(2, 22),
  link: ink(36, 39),
}

const same: Ink = (text) => text
const PLAIN: Paint = { good: same, bad: same, warn: same, strong: same, dim: same, link: same }

/** Colour on a terminal, unless NO_COLOR says no; FORCE_COLOR says yes where there is no terminal. */
export function paintFor(screen: Screen, env: { readonly [name: string]: string | undefined }): Paint {
  if ((env['NO_COLOR'] ?? '') !== '') return PLAIN
  if ((env['FORCE_COLOR'] ?? '0') !== '0') return COLOURED
  return screen.is_terminal && env['TERM'] !== 'dumb' ? COLOURED : PLAIN
}
