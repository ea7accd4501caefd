import type { Sections } from './sections.ts'

const RUNNERS = /<artifactId>\s*(maven-surefire-plugin|maven-failsafe-plugin|jacoco-maven-plugin|pitest-maven)\s*</
const PROPERTY =
  /<((?:surefire|failsafe|jacoco|pitest|maven\.test)\.[\w.-]+|skipTests|skipITs|argLine|groups|excludedGroups)>([^<]*)<\/\1>/g

interface Block {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A proposed `pom.xml` with the plugins that run tests, and their properties, as the base commit has them. */
export function pomWithBase(base: string, head: string): Sections {
  const [one, other] = [pluginsOf(base), pluginsOf(head)]
  const isSame = shown(one) === shown(other) && propertiesOf(base) === propertiesOf(head)
  if (isSame) return { kind: 'same' }
  const gone = one.filter((block, at) => nth(other, block.name, place(one, at)) === undefined)
  const [first] = gone
  if (first !== undefined)
    return { kind: 'kept', why: `the change takes ${first.name} away, and where it stood is gone` }
  // From the end, so that offsets before it stay right.
  const composed = other.reduceRight(
    (text, { name, start, end }, at) =>
      text.slice(0, start) + (nth(one, name, place(other, at))?.text ?? '') + text.slice(end),
    head,
  )
  return withProperties(base, composed)
}

/** Blocks of `<plugin>` that run tests. By offsets and not by one expression, which hostile texts could make slow. */
function pluginsOf(text: string): readonly Block[] {
  const found: Block[] = []
  for (let start = text.indexOf('<plugin>'); start !== -1; ) {
    const close = text.indexOf('</plugin>', start)
    if (close === -1) break
    const end = close + '</plugin>'.length
    const block = text.slice(start, end)
    const name = RUNNERS.exec(block)?.[1]
    if (name !== undefined) found.push({ name, start, end, text: block })
    start = text.indexOf('<plugin>', end)
  }
  return found
}

/** How many of its name come before a block. */
const place = (blocks: readonly Block[], at: number): number =>
  blocks.slice(0, at).filter(({ name }) => name === blocks[at]?.name).length

const nth = (blocks: readonly Block[], name: string, at: number): Block | undefined =>
  blocks.filter((block) => block.name === name)[at]

const shown = (blocks: readonly Block[]): string =>
  blocks.map(({ name, text }) => `${name}:${text.replaceAll(/\s+/g, ' ')}`).join('\n')

const propertiesOf = (text: string): string => [...text.matchAll(PROPERTY)].map(([all]) => all).join('\n')

/** Properties by name: the base's values, and none that it does not have. */
function withProperties(base: string, head: string): Sections {
  const known = new Map([...base.matchAll(PROPERTY)].map(([all, name]) => [name ?? '', all]))
  const seen = new Set<string>()
  const content = head.replaceAll(PROPERTY, (_, name: string) => {
    seen.add(name)
    return known.get(name) ?? ''
  })
  const missing = [...known].filter(([name]) => !seen.has(name)).map(([, all]) => all)
  if (missing.length > 0 && !content.includes('</properties>'))
    return { kind: 'kept', why: 'the change takes its properties away, and where they stood is gone' }
  const ending = missing.length === 0 ? '</properties>' : `${missing.join('')}</properties>`
  return { kind: 'put_back', content: content.replace('</properties>', () => ending) }
}
