// Letters of Cyrillic, Greek and Armenian that most fonts draw like a Latin one.
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ѕ: 's',
  т: 't',
  у: 'y',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  А: 'A',
  В: 'B',
  С: 'C',
  Е: 'E',
  Н: 'H',
  І: 'I',
  Ј: 'J',
  К: 'K',
  М: 'M',
  О: 'O',
  Р: 'P',
  Ѕ: 'S',
  Т: 'T',
  У: 'Y',
  Х: 'X',
  α: 'a',
  ο: 'o',
  ρ: 'p',
  ν: 'v',
  υ: 'u',
  ι: 'i',
  κ: 'k',
  τ: 't',
  Α: 'A',
  Β: 'B',
  Ε: 'E',
  Ζ: 'Z',
  Η: 'H',
  Ι: 'I',
  Κ: 'K',
  Μ: 'M',
  Ν: 'N',
  Ο: 'O',
  Ρ: 'P',
  Τ: 'T',
  Υ: 'Y',
  Χ: 'X',
  օ: 'o',
  ս: 'u',
  ց: 'g',
  հ: 'h',
  ո: 'n',
}
const FOREIGN = new RegExp(`[${Object.keys(LOOK_ALIKES).join('')}]`, 'u')
const ALL_FOREIGN = new RegExp(FOREIGN.source, 'gu')
const WORD = /[\p{L}\p{M}]{3,}/gu
/** As in a string of a program: the letter after it is no part of the word. */
const ESCAPE = /\\[a-z]/g
const LATIN = /[A-Za-z]/

/** True where a word mixes Latin letters with look-alikes of another alphabet, as no language does. */
export const mixesScripts = (line: string): boolean =>
  FOREIGN.test(line) &&
  [...line.replaceAll(ESCAPE, ' ').matchAll(WORD)].some(([word]) => LATIN.test(word) && FOREIGN.test(word))

/** The text with every look-alike as the Latin letter it looks like. */
export const skeletonOf = (line: string): string =>
  FOREIGN.test(line) ? line.replaceAll(ALL_FOREIGN, (letter) => LOOK_ALIKES[letter] ?? letter) : line
