import { Buffer } from 'node:buffer'
import { PYTHON_RUNNER } from './python-runner.ts'

/**
 * Reporters of the platform, handed to a runner on its command line: results come from code that is not in the
 * repository, and for Node from a process that no test runs in. Both write the shape of `jest --json`.
 */
const NODE_REPORTER = `
const out = new Map(), open = [], begun = new Map();
const count = (file, by) => begun.set(file, (begun.get(file) ?? 0) + by);
const fileOf = (d) => { const f = d.file ?? ''; return f.startsWith(process.cwd() + '/') ? f.slice(process.cwd().length + 1) : f };
export default async function* (source) {
  for await (const { type, data } of source) {
    if (type === 'test:start') { open.length = data.nesting; open[data.nesting] = data.name; continue }
    if (type !== 'test:pass' && type !== 'test:fail' && type !== 'test:enqueue') continue;
    const file = fileOf(data), failed = type === 'test:fail', error = data.details?.error;
    const whole = data.nesting === 0 && file !== '' && (data.name === data.file || data.name === file);
    if (!whole) count(file, type === 'test:enqueue' ? 1 : -1);
    if (type === 'test:enqueue') continue;
    if (whole && !failed) continue;
    if (data.details?.type === 'suite' && (!failed || error?.failureType === 'subtestsFailed')) continue;
    const cause = error?.cause ?? error;
    const text = failed ? String(cause?.stack ?? cause?.message ?? cause ?? 'failed') : '';
    const message = failed && cause?.message !== undefined && !text.includes(cause.message) ? cause.message + '\\n' + text : text;
    const skipped = data.skip !== undefined && data.skip !== false || (data.todo !== undefined && data.todo !== false);
    if (!out.has(file)) out.set(file, []);
    out.get(file).push({ ancestorTitles: open.slice(0, data.nesting), title: whole ? '(file)' : data.name,
      status: skipped ? 'pending' : !failed ? 'passed' : whole ? 'error' : 'failed', duration: data.details?.duration_ms,
      location: data.line === undefined ? null : { line: data.line, column: data.column },
      failureMessages: failed ? [message] : [] });
  }
  for (const [file, lost] of begun) if (lost > 0) {
    if (!out.has(file)) out.set(file, []);
    out.get(file).push({ ancestorTitles: [], title: '(target)', status: 'error',
      failureMessages: ['the process was left before ' + lost + ' of its tests ended'] });
  }
  yield JSON.stringify({ testResults: [...out].map(([name, assertionResults]) => ({ name, assertionResults })) });
}
`

/** Words that a profile's arguments may hold; they are put in when a phase is run. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '{node_reporter}': `data:text/javascript;base64,${Buffer.from(NODE_REPORTER.trim()).toString('base64')}`,
  '{python_runner}': PYTHON_RUNNER.trim(),
}
