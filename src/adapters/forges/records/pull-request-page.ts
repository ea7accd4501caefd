import type { PullRequestRecord } from './pull-request-record.ts'

/** A pull request as a page of Markdown that people open. */
export function pageOf(record: PullRequestRecord): string {
  const state = record.draft && record.state === 'open' ? 'draft' : record.state
  const labels = record.labels.length === 0 ? 'none' : record.labels.map((label) => `\`${label}\``).join(' ')
  return `# ${record.title}

| | |
|---|---|
| pull request | #${record.number}, ${state} |
| branch | \`${record.head_branch}\` into \`${record.base_branch}\` |
| commits | \`${record.base_commit.slice(0, 12)}\` … \`${record.head_commit.slice(0, 12)}\` |
| labels | ${labels} |
| opened | ${record.created_at} |

${record.body.trimEnd()}
`
}
