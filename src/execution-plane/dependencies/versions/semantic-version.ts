interface Semantic {
  readonly numbers: readonly [number, number, number]
  readonly before: readonly string[]
}

const FORM = /^[v=\s]*(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([0-9A-Za-z.-]{1,200}))?(?:\+[0-9A-Za-z.-]*)?$/

function parsed(text: string): Semantic | undefined {
  const found = FORM.exec(text.trim().replace(/\+incompatible$/, ''))
  if (found === null) return undefined
  const [, major = '0', minor = '0', patch = '0', before = ''] = found
  return {
    numbers: [Number(major), Number(minor), Number(patch)],
    before: before === '' ? [] : before.split('.'),
  }
}

/** Order of two versions after semver 2.0 (npm, Cargo, Go): under 0, 0 or over 0; undefined where either is none. */
export function compareSemantic(left: string, right: string): number | undefined {
  const [one, other] = [parsed(left), parsed(right)]
  if (one === undefined || other === undefined) return undefined
  for (const [at, number] of one.numbers.entries()) {
    const difference = number - (other.numbers[at] ?? 0)
    if (difference !== 0) return difference
  }
  return compareBefore(one.before, other.before)
}

/** A version without a pre-release is later than any with one. */
function compareBefore(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return (left.length === 0 ? 1 : 0) - (right.length === 0 ? 1 : 0)
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at], right[at]]
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1
    if (one === other) continue
    const [is_number, is_other_number] = [/^\d+$/.test(one), /^\d+$/.test(other)]
    if (is_number && is_other_number) return Number(one) - Number(other)
    if (is_number !== is_other_number) return is_number ? -1 : 1
    return one < other ? -1 : 1
  }
  return 0
}
