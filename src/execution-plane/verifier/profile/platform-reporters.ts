import { Buffer } from 'node:buffer'

/**
 * Reporters of the platform, handed to a runner on its command line: results come from code that is not in the
 * repository. Both write the shape of `jest --json`.
 */
const NODE_REPORTER = `
const out = new Map(), open = [];
const fileOf = (d) => { const f = d.file ?? ''; return f.startsWith(process.cwd() + '/') ? f.slice(process.cwd().length + 1) : f };
export default async function* (source) {
  for await (const { type, data } of source) {
    if (type === 'test:start') { open.length = data.nesting; open[data.nesting] = data.name; continue }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const file = fileOf(data), failed = type === 'test:fail', error = data.details?.error;
    const whole = data.nesting === 0 && file !== '' && (data.name === data.file || data.name === file);
    if (whole && !failed) continue;
    if (data.details?.type === 'suite' && (!failed || error?.failureType === 'subtestsFailed')) continue;
    const cause = error?.cause ?? error;
    const text = failed ? String(cause?.stack ?? cause?.message ?? cause ?? 'failed') : '';
    const message = failed && cause?.message !== undefined && !text.includes(cause.message) ? cause.message + '\\n' + text : text;
    const skipped = data.skip !== undefined && data.skip !== false || (data.todo !== undefined && data.todo !== false);
    if (!out.has(file)) out.set(file, []);
    out.get(file).push({ ancestorTitles: open.slice(0, data.nesting), title: whole ? '(file)' : data.name,
      status: skipped ? 'pending' : failed ? 'failed' : 'passed', duration: data.details?.duration_ms,
      location: data.line === undefined ? null : { line: data.line, column: data.column },
      failureMessages: failed ? [message] : [] });
  }
  yield JSON.stringify({ testResults: [...out].map(([name, assertionResults]) => ({ name, assertionResults })) });
}
`

const UNITTEST_RUNNER = `
import inspect, json, os, sys, time, traceback, unittest
path, args = sys.argv[1], sys.argv[2:]
found = []
class Result(unittest.TextTestResult):
    def startTest(self, test):
        self.began = time.perf_counter()
        super().startTest(test)
    def note(self, test, status, err=None):
        method = getattr(test, '_testMethodName', str(test))
        kind = type(test)
        file, line = '', None
        try:
            file = os.path.relpath(inspect.getsourcefile(kind))
            line = inspect.getsourcelines(getattr(kind, method))[1]
        except Exception: pass
        if kind.__name__ in ('_FailedTest', '_ErrorHolder'): file, line = '', None
        text = ''.join(traceback.format_exception(*err)) if err else ''
        found.append({'name': file, 'assertionResults': [{'ancestorTitles': [kind.__qualname__], 'title': method, 'status': status,
            'duration': (time.perf_counter() - getattr(self, 'began', time.perf_counter())) * 1000,
            'location': {'line': line} if line else None, 'failureMessages': [text] if text else []}]})
    def addSuccess(self, test): super().addSuccess(test); self.note(test, 'passed')
    def addFailure(self, test, err): super().addFailure(test, err); self.note(test, 'failed', err)
    def addError(self, test, err): super().addError(test, err); self.note(test, 'error', err)
    def addSkip(self, test, reason): super().addSkip(test, reason); self.note(test, 'pending')
    def addExpectedFailure(self, test, err): super().addExpectedFailure(test, err); self.note(test, 'passed')
    def addUnexpectedSuccess(self, test): super().addUnexpectedSuccess(test); self.note(test, 'failed')
    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None: self.note(test, 'failed', err)
sys.path.insert(0, os.getcwd())
program = unittest.main(module=None, argv=['unittest'] + args, exit=False,
    testRunner=unittest.TextTestRunner(resultclass=Result, verbosity=2))
with open(path, 'w') as out: json.dump({'testResults': found}, out)
sys.exit(0 if program.result.wasSuccessful() else 1)
`

/** Words that a profile's arguments may hold; they are put in when a phase is run. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '{node_reporter}': `data:text/javascript;base64,${Buffer.from(NODE_REPORTER.trim()).toString('base64')}`,
  '{unittest_runner}': UNITTEST_RUNNER.trim(),
}
