// Zero-width and directional marks, fillers, tag and format characters, private variation selectors and control
// characters: what a person who reviews the text does not see, or sees in another order.
const INVISIBLE =
  /(?![\t\n])\p{Cc}|[\p{Cf}\p{Zl}\p{Zp}]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]/gu

/** Makes every invisible or reordering character visible by its code point; line ends become `\n`. */
export const neutralise = (text: string): string =>
  text
    .replaceAll(/\r\n?/g, '\n')
    .toWellFormed()
    .replaceAll(INVISIBLE, (character) => {
      const point = character.codePointAt(0) ?? 0
      return `⟦U+${point.toString(16).toUpperCase().padStart(4, '0')}⟧`
    })
