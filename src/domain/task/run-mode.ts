/** Where a request can come in. */
export const REQUEST_SOURCES = ['cli', 'api', 'task_file', 'issue_url', 'standard_input', 'demo', 'assistant'] as const
export type RequestSource = (typeof REQUEST_SOURCES)[number]

/** What a run may do; ordered from least to most. */
export type RunMode = 'analysis_only' | 'dry_run_patch' | 'local_branch' | 'draft_pr'

export const RUN_MODES: readonly RunMode[] = ['analysis_only', 'dry_run_patch', 'local_branch', 'draft_pr']
