/** A kind of file that says where software runs. */
interface DeploymentKind {
  readonly name: string
  readonly paths: RegExp
  /** What its text must hold where the name alone does not tell. */
  readonly holds?: RegExp
  readonly holds_too?: RegExp
}

/** Kinds of deployment units, the surest first. */
export const DEPLOYMENT_KINDS: readonly DeploymentKind[] = [
  { name: 'compose', paths: /(^|\/)(docker-)?compose[^/]*\.ya?ml$/ },
  { name: 'container_image', paths: /(^|\/)(Dockerfile|Containerfile)[^/]*$|\.(dockerfile|containerfile)$/i },
  { name: 'helm_chart', paths: /(^|\/)Chart\.yaml$/ },
  { name: 'procfile', paths: /(^|\/)Procfile[^/]*$/ },
  {
    name: 'serverless',
    paths: /(^|\/)(serverless|template|sam)\.ya?ml$/,
    holds: /^(service|provider|functions):|AWS::Serverless/m,
  },
  { name: 'worker', paths: /(^|\/)wrangler\.(toml|jsonc?)$/ },
  {
    name: 'platform',
    paths: /(^|\/)(fly\.toml|vercel\.json|netlify\.toml|render\.yaml|heroku\.yml|railway\.(json|toml))$/,
  },
  { name: 'platform', paths: /(^|\/)app\.ya?ml$/, holds: /^(runtime|name|service):/m },
  { name: 'systemd', paths: /\.(service|timer|socket)$/, holds: /^\[(Service|Timer|Socket)\]/m },
  {
    name: 'kubernetes',
    paths: /\.ya?ml$/,
    holds: /^kind:[ \t]*(Deployment|StatefulSet|DaemonSet|CronJob|Job|Service|Ingress|Kustomization)\b/m,
    holds_too: /^apiVersion:/m,
  },
]

const MOST_DOCUMENTS = 200

/** Names of what one file deploys: services of a composition, processes of a Procfile, stages of an image. */
export function namesOfUnit(kind: string, text: string): readonly string[] {
  if (kind === 'compose') return servicesOf(text)
  if (kind === 'procfile') return [...text.matchAll(/^([\w-]+):/gm)].map(([, name = '']) => name)
  if (kind === 'kubernetes') return text.split(/^---/m).slice(0, MOST_DOCUMENTS).flatMap(objectIn)
  if (kind === 'helm_chart') return [/^name:\s*["']?([\w.-]+)/m.exec(text)?.[1] ?? ''].filter((name) => name !== '')
  return []
}

/** Kind and name of one document. */
function objectIn(document: string): readonly string[] {
  const beginning = document.slice(0, 2_000)
  const kind = /^kind:[ \t]*(\w+)/m.exec(beginning)?.[1]
  const name = /^metadata:[ \t]*\n(?:[ \t][^\n]*\n)*?[ \t]+name:[ \t]*["']?([\w.-]+)/m.exec(beginning)?.[1]
  return kind === undefined || name === undefined ? [] : [`${kind} ${name}`]
}

/** The keys one level below `services:`. */
function servicesOf(text: string): readonly string[] {
  const names: string[] = []
  let indent: number | undefined
  let inside = false
  for (const line of text.split('\n').slice(0, 5_000)) {
    if (/^\S/.test(line)) inside = line.startsWith('services:')
    const key = inside ? /^( +)([\w.-]+):/.exec(line) : null
    if (key === null) continue
    indent ??= key[1]?.length
    if (key[1]?.length === indent) names.push(key[2] ?? '')
  }
  return names
}
