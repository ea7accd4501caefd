/** Puts the way this program is called here into advice that names it as `gander VERB`. */
export const asTyped = (advice: string, command: string): string =>
  command === 'gander' ? advice : advice.replaceAll(/`gander (?=[a-z-])/g, () => `\`${command} `)
