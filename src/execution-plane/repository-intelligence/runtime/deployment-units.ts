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
  {
    name: 'container_image',
    paths: /(^|\/)(Dockerfile|Containerfile)(?!\.dockerignore)[^/]*$|\.(dockerfile|containerfile)$/i,
  },
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
    holds:
      /^kind:[ \t]*(Deployment|StatefulSet|DaemonSet|ReplicaSet|Pod|CronJob|Job|Service|Ingress|Kustomization|Rollout)\b/m,
    holds_too: /^apiVersion:/m,
  },
]

/** Kinds of pipelines that a forge runs on its own. */
export const PIPELINE_KINDS: readonly DeploymentKind[] = [
  { name: 'github_workflow', paths: /^\.github\/workflows\/[^/]+\.ya?ml$/ },
  { name: 'gitlab_ci', paths: /^\.gitlab-ci\.ya?ml$|^\.gitlab\/ci\/.+\.ya?ml$/ },
  { name: 'circleci', paths: /^\.circleci\/config\.ya?ml$/ },
  { name: 'azure_pipelines', paths: /(^|\/)azure-pipelines[^/]*\.ya?ml$/ },
  { name: 'jenkins', paths: /(^|\/)Jenkinsfile[^/]*$/ },
  { name: 'travis', paths: /^\.travis\.ya?ml$/ },
  { name: 'appveyor', paths: /^\.?appveyor\.ya?ml$/ },
  { name: 'buildkite', paths: /^\.buildkite\/[^/]+\.ya?ml$/ },
  { name: 'bitbucket_pipelines', paths: /^bitbucket-pipelines\.ya?ml$/ },
  { name: 'drone', paths: /^\.drone\.ya?ml$/ },
  { name: 'woodpecker', paths: /^\.woodpecker(\.ya?ml|\/.+\.ya?ml)$/ },
  { name: 'cirrus', paths: /^\.cirrus\.ya?ml$/ },
]

const MOST_DOCUMENTS = 200
/** Keys at the top of a pipeline that are no jobs. */
const NO_JOB =
  /^(stages|default|variables|include|workflow|image|services|cache|before_script|after_script|pages:deploy)$/

/** Jobs of one pipeline, with the name of the whole where it has one. */
export function jobsOf(kind: string, text: string): readonly string[] {
  if (kind === 'github_workflow') {
    const name = /^name:[ \t]*["']?([^"'\n#]+?)["']?[ \t]*(?:#.*)?\r?$/m.exec(text)?.[1]
    return keysBelow(text, 'jobs').map((job) => (name === undefined ? job : `${name} / ${job}`))
  }
  if (kind === 'circleci') return keysBelow(text, 'jobs')
  if (kind !== 'gitlab_ci') return []
  const keys = [...text.matchAll(/^([\w][\w .:/-]*):[ \t]*(?:#.*)?\r?$/gm)].map(([, key = '']) => key)
  return keys.filter((key) => !NO_JOB.test(key))
}

/** Names of what one file deploys: services of a composition, processes of a Procfile, stages of an image. */
export function namesOfUnit(kind: string, text: string): readonly string[] {
  if (kind === 'compose') return keysBelow(text, 'services')
  if (kind === 'procfile') return [...text.matchAll(/^([\w-]+):/gm)].map(([, name = '']) => name)
  if (kind === 'kubernetes') return text.split(/^---/m).slice(0, MOST_DOCUMENTS).flatMap(objectIn)
  if (kind === 'container_image')
    return [...text.matchAll(/^FROM[ \t]+\S+[ \t]+AS[ \t]+([\w.-]+)/gim)].map(([, name = '']) => name)
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

/** The keys one level below a key at the top. */
function keysBelow(text: string, top: string): readonly string[] {
  const names: string[] = []
  let indent: number | undefined
  let inside = false
  for (const line of text.split('\n').slice(0, 5_000)) {
    if (/^[^\s#]/.test(line)) inside = line.startsWith(`${top}:`)
    const key = inside ? /^( +)["']?([\w.-]+)["']?:/.exec(line) : null
    if (key === null) continue
    indent ??= key[1]?.length
    if (key[1]?.length === indent) names.push(key[2] ?? '')
  }
  return names
}
