const FORM =
  /^v?(?:(\d{1,9})!)?(\d{1,15}(?:\.\d{1,15}){0,20})(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d{0,9}))?(?:-(\d{1,9})|[-_.]?(post|rev|r)[-_.]?(\d{0,9}))?(?:[-_.]?(dev)[-_.]?(\d{0,9}))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$/

const PHASES: Readonly<Record<string, number>> = { a: 1, alpha: 1, b: 2, beta: 2, c: 3, rc: 3, pre: 3, preview: 3 }
/** Where a version without a pre-release stands among the phases, and where one that is only a development release does. */
const FINAL = 9
const ONLY_DEV = 0

/** Epoch, phase of pre-release, its number, post-release, development release; after the release numbers. */
interface PythonVersion {
  readonly epoch: number
  readonly release: readonly number[]
  readonly rest: readonly number[]
}

function parsed(text: string): PythonVersion | undefined {
  const found = FORM.exec(text.trim().toLowerCase())
  if (found === null) return undefined
  const [, epoch = '0', release = '', phase, number = '', dash, post, post_number = '', dev, dev_number = ''] = found
  const has_post = dash !== undefined || post !== undefined
  const of_phase = phase !== undefined ? (PHASES[phase] ?? FINAL) : dev !== undefined && !has_post ? ONLY_DEV : FINAL
  return {
    epoch: Number(epoch),
    release: release.split('.').map(Number),
    rest: [
      of_phase,
      Number(number),
      has_post ? Number(dash ?? post_number) : -1,
      dev === undefined ? Number.POSITIVE_INFINITY : Number(dev_number),
    ],
  }
}

/** Order of two versions after PEP 440, local parts left out; undefined where either is none. */
export function comparePython(left: string, right: string): number | undefined {
  const [one, other] = [parsed(left), parsed(right)]
  if (one === undefined || other === undefined) return undefined
  const lists = [
    [[one.epoch], [other.epoch]],
    [one.release, other.release],
    [one.rest, other.rest],
  ] as const
  for (const [these, those] of lists)
    for (let at = 0; at < Math.max(these.length, those.length); at++) {
      const [a, b] = [these[at] ?? 0, those[at] ?? 0]
      if (a !== b) return a < b ? -1 : 1
    }
  return 0
}
