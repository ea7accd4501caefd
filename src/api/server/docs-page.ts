import { GANDER_ERRORS } from '#domain/failure'
import type { OpenAPI } from '@orpc/openapi'

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Text in which what stands between backticks is code. */
const words = (text: string): string => escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:54rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem;text-transform:capitalize}
table{border-collapse:collapse;width:100%}td{padding:.35rem .6rem;border-top:1px solid #ddd;vertical-align:top}
code{font:14px ui-monospace,monospace}b{font-weight:600;font-size:.8rem}
@media(prefers-color-scheme:dark){body{color:#eee;background:#151515}td{border-color:#333}a{color:#8ab4f8}}`

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${body}
</html>
`

/** The routes by their tag, for people; the document itself is beside it. */
export function docsPage(document: OpenAPI.Document): string {
  const rows = new Map<string, string[]>()
  for (const [path, methods] of Object.entries(document.paths ?? {}))
    for (const [method, operation] of Object.entries(methods ?? {})) {
      if (typeof operation !== 'object' || !('summary' in operation)) continue
      const tag = operation.tags?.[0] ?? 'other'
      const about = [operation.summary, operation.description].filter((text) => text !== undefined).join('. ')
      const row = `<tr><td><b>${method.toUpperCase()}</b><td><code>${escaped(path)}</code><td>${words(about)}`
      rows.set(tag, [...(rows.get(tag) ?? []), row])
    }
  const tables = [...rows].map(([tag, lines]) => `<h2>${escaped(tag)}</h2><table>${lines.join('\n')}</table>`)
  const intro = `<p>Every request carries <code>Authorization: Bearer TOKEN</code>. What goes wrong is answered as problem
details with a <a href="/docs/errors">code and a remedy</a>. The whole contract is <a href="/openapi.json">openapi.json</a>
(OpenAPI ${escaped(document.openapi)}); an artifact's bytes are at <code>/v1/artifacts/SHA256</code>.</p>`
  return page('Gander', `${intro}\n${tables.join('\n')}`)
}

/** What each code means and what to do. */
export function errorsPage(): string {
  const rows = Object.entries(GANDER_ERRORS).map(
    ([code, { remedy }]) => `<tr id="${code}"><td><code>${code}</code><td>${words(remedy)}`,
  )
  return page('Errors', `<table>${rows.join('\n')}</table>`)
}
