import type { BrokenFloor, WeighedCriterion } from '#domain/autonomy'

/** A criterion with what was measured, as people read it. */
export const saidOf = ({ metric, must, value, measured }: WeighedCriterion | BrokenFloor): string =>
  `${metric.replaceAll('_', ' ')} ${measured === null ? 'is not measured' : `is ${shown(measured)}`}, wanted at ${must} ${shown(value)}`

const shown = (figure: number): string => (Number.isInteger(figure) ? String(figure) : figure.toFixed(3))
