import { xmlTokens } from '#execution-plane/verifier'
import { HitCollector, type LineHits } from './line-hits.ts'

/** Reads Cobertura's XML (`class filename`, `line number hits`) or JaCoCo's (`sourcefile`, `line nr ci`). */
export function readXmlCoverage(text: string): readonly LineHits[] {
  const found = new HitCollector()
  let folder = ''
  let path = ''
  for (const token of xmlTokens(text)) {
    if (token.kind !== 'open') continue
    const { name, attributes } = token
    if (name === 'package') folder = attributes['name'] ?? ''
    else if (name === 'class' && attributes['filename'] !== undefined) path = attributes['filename']
    else if (name === 'sourcefile') path = [folder, attributes['name'] ?? ''].filter((part) => part !== '').join('/')
    else if (name === 'line' && attributes['nr'] !== undefined)
      found.add(path, Number(attributes['nr']), Number(attributes['ci'] ?? 0) > 0)
    else if (name === 'line') found.add(path, Number(attributes['number']), Number(attributes['hits'] ?? 0) > 0)
  }
  return found.all()
}
