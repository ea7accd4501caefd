import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readJarEntry } from './read-jar-entry.ts'
import { withoutCredentials } from './registry-address.ts'

/** Jars that hold the super POM: the first of Maven 3, the others of Maven 4. */
const SUPER_POM_JARS = /^maven-(?:model-builder|impl|api-impl|core)-[\w.-]*\.jar$/
const SUPER_POM = 'org/apache/maven/model/pom-4.0.0.xml'

/** What Maven fetches from: the mirrors of its settings, and what its super POM names where no mirror stands in for it. */
export async function mavenAddresses(
  ask: (argv: readonly string[]) => Promise<string | undefined>,
  user_settings: string,
): Promise<readonly string[]> {
  const home = /^Maven home: (.+)$/m.exec((await ask(['mvn', '-v'])) ?? '')?.[1]?.trim()
  const paths = [user_settings, ...(home === undefined ? [] : [join(home, 'conf', 'settings.xml')])]
  const settings = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')))
  const mirrors = settings.flatMap(mirrorsOf)
  const addresses = mirrors.flatMap((mirror) => withoutCredentials(mirror.url))
  if (home === undefined || mirrors.some((mirror) => standsForCentral(mirror.of))) return addresses
  return [...addresses, ...(await superPomAddresses(join(home, 'lib')))]
}

function mirrorsOf(settings: string): readonly { readonly of: string; readonly url: string }[] {
  const active = settings.replaceAll(/<!--[\s\S]*?-->/g, '')
  return Array.from(active.matchAll(/<mirror>([\s\S]*?)<\/mirror>/g), ([, body = '']) => body)
    .filter((body) => !/<blocked>\s*true/.test(body))
    .map((body) => ({
      of: /<mirrorOf>\s*([^<]*?)\s*<\/mirrorOf>/.exec(body)?.[1] ?? '',
      url: /<url>\s*([^<\s]+)/.exec(body)?.[1] ?? '',
    }))
}

function standsForCentral(of: string): boolean {
  const names = of.split(',').map((name) => name.trim())
  return !names.includes('!central') && names.some((name) => ['*', 'external:*', 'central'].includes(name))
}

async function superPomAddresses(lib: string): Promise<readonly string[]> {
  const jars = await readdir(lib).catch(() => [])
  for (const jar of jars.filter((name) => SUPER_POM_JARS.test(name))) {
    const pom = await readJarEntry(join(lib, jar), SUPER_POM)
    if (pom === undefined) continue
    const urls = Array.from(pom.matchAll(/<url>\s*([^<\s]+)\s*<\/url>/g), ([, url = '']) => url)
    return [...new Set(urls.flatMap(withoutCredentials))]
  }
  return []
}
