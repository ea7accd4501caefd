/**
 * Runs pytest or unittest and tells of each test: code of the platform, handed to Python as an argument. The tests run in
 * a child. What they did goes through a pipe to this parent, which only ever adds to what it has heard and alone writes
 * the report: a result that was told cannot be taken back, a report that was written by anybody else is replaced, and a
 * process that is left before its end is an error `(target)`. pytest, unittest and the standard library are loaded before
 * any folder of the repository can be imported from. An exception that a hook turned into a pass is a failure.
 */
export const PYTHON_RUNNER = String.raw`import json, os, select, subprocess, sys
CHILD = r"""
import sys
given, saved = sys.argv[1:], sys.path[1:]
import os
here = os.getcwd()
own = lambda path: path == here or path.startswith(here + os.sep)
sys.path[:] = [path for path in saved if not own(path)]
fd, kind, more, args = int(given[0]), given[1], given[2], given[3:]
os.set_inheritable(fd, False)
import inspect, json, time, traceback
# What the platform measures by, placed by it before anything ran.
if os.environ.get('GANDER_TRACER'): exec(open(os.environ['GANDER_TRACER']).read(), {})
if kind == 'pytest':
    try: import pytest
    except ImportError:
        # What pytest itself needs may be the project under test.
        sys.path[:] = saved
        try: import pytest
        except ImportError: pytest = None
        if pytest is None or own(os.path.abspath(pytest.__file__)):
            print('pytest is not installed', file=sys.stderr)
            sys.exit(127)
else: import unittest
sys.path[:] = [here] + [path for path in more.split(os.pathsep) if path] + saved
def tell(what, dumps=json.dumps, write=os.write, fd=fd):
    rest = (dumps(what) + '\n').encode()
    while rest: rest = rest[write(fd, rest):]
class Plugin:
    def __init__(self): self.raised = {}
    if kind == 'pytest':
        @pytest.hookimpl(trylast=True)
        def pytest_collection_finish(self, session):
            if hasattr(session, 'items'): tell({'is': 'plan', 'count': len(session.items)})
        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_makereport(self, item, call):
            raised = call.excinfo
            if raised is not None: self.raised[item.nodeid, call.when] = str(raised.typename) + ': ' + str(raised.value)[:500]
            yield
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logstart(self, nodeid, location): tell({'is': 'start', 'id': nodeid[:4000]})
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logreport(self, report):
            raised = self.raised.pop((report.nodeid, report.when), None)
            hidden = report.outcome == 'passed' and raised is not None
            text = str(report.longrepr or '') if report.outcome != 'passed' else ''
            if hidden: text = 'a hook of the repository called this passed: ' + raised
            file, line, _ = report.location
            tell({'is': 'report', 'id': report.nodeid[:4000], 'when': report.when, 'line': line,
                'outcome': 'failed' if hidden else report.outcome, 'seconds': report.duration, 'text': text[:8000]})
        @pytest.hookimpl(tryfirst=True)
        def pytest_collectreport(self, report):
            if report.outcome == 'failed': tell({'is': 'broken', 'id': report.nodeid[:4000], 'text': str(report.longrepr)[:8000]})
        @pytest.hookimpl(trylast=True)
        def pytest_sessionfinish(self, session, exitstatus): tell({'is': 'end', 'failed': session.testsfailed})
if kind == 'pytest': sys.exit(int(pytest.main(args, plugins=[Plugin()])))
class Result(unittest.TextTestResult):
    def startTest(self, test):
        self.began = time.perf_counter()
        tell({'is': 'start', 'id': test.id()[:4000]})
        super().startTest(test)
    def stopTest(self, test):
        tell({'is': 'stop', 'id': test.id()[:4000]})
        super().stopTest(test)
    def note(self, test, outcome, err=None):
        method, family = getattr(test, '_testMethodName', str(test)), type(test)
        file, line = '', None
        try:
            file = os.path.relpath(inspect.getsourcefile(family))
            line = inspect.getsourcelines(getattr(family, method))[1]
        except Exception: pass
        if family.__name__ in ('_FailedTest', '_ErrorHolder'): file, line = '', None
        text = ''.join(traceback.format_exception(*err)) if err else ''
        tell({'is': 'case', 'file': file, 'names': [family.__qualname__, method[:2000]], 'outcome': outcome, 'line': line,
            'seconds': time.perf_counter() - getattr(self, 'began', time.perf_counter()), 'text': text[:8000]})
    def addSuccess(self, test): super().addSuccess(test); self.note(test, 'passed')
    def addFailure(self, test, err): super().addFailure(test, err); self.note(test, 'failed', err)
    def addError(self, test, err): super().addError(test, err); self.note(test, 'error', err)
    def addSkip(self, test, reason): super().addSkip(test, reason); self.note(test, 'skipped')
    def addExpectedFailure(self, test, err): super().addExpectedFailure(test, err); self.note(test, 'passed')
    def addUnexpectedSuccess(self, test): super().addUnexpectedSuccess(test); self.note(test, 'failed')
    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None: self.note(test, 'failed', err)
program = unittest.main(module=None, argv=['unittest'] + args, exit=False,
    testRunner=unittest.TextTestRunner(resultclass=Result, verbosity=2))
tell({'is': 'end', 'failed': 0 if program.result.wasSuccessful() else 1})
sys.exit(0 if program.result.wasSuccessful() else 1)
"""
MOST = 24 * 1024 * 1024
RANK = ['passed', 'skipped', 'failed', 'error']
path, kind, args = sys.argv[1], sys.argv[2], sys.argv[3:]
ours, theirs = os.pipe()
world = dict(os.environ)
more = world.pop('PYTHONPATH', '')
child = subprocess.Popen([sys.executable, '-c', CHILD, str(theirs), kind, more] + args, pass_fds=[theirs], env=world)
os.close(theirs)
os.set_blocking(ours, False)
said, size, open_ended = [], 0, True
while open_ended:
    ready = select.select([ours], [], [], 0.2)[0]
    if not ready:
        if child.poll() is not None: break
        continue
    got = os.read(ours, 65536)
    open_ended = got != b''
    size += len(got)
    if size <= MOST: said.append(got)
code = child.wait()
tests, cases, started, broken = {}, [], set(), []
plan, ended, failed, strange = None, False, 0, size > MOST
def place(whole):
    head, bracket, tail = whole.partition('[')
    file, *names = head.split('::')
    return file, names[:-1] + [(names[-1] if names else '') + bracket + tail]
for line in b''.join(said).split(b'\n')[:-1]:
    try:
        event = json.loads(line)
        what = event['is']
        if what == 'plan': plan = event['count']
        elif what == 'start': started.add(event['id'])
        elif what == 'stop': started.discard(event['id'])
        elif what == 'broken': broken.append((event['id'], event['text']))
        elif what == 'end': ended, failed = True, event['failed']
        elif what == 'case': cases.append(event)
        elif what == 'report' and event['outcome'] in ('passed', 'failed', 'skipped'):
            outcome = event['outcome']
            if outcome == 'failed' and event['when'] != 'call': outcome = 'error'
            test = tests.setdefault(event['id'], {'outcome': 'passed', 'seconds': 0, 'text': '', 'line': event['line'], 'done': False})
            if RANK.index(outcome) > RANK.index(test['outcome']): test['outcome'], test['text'] = outcome, event['text']
            test['seconds'] += event['seconds'] or 0
            if event['when'] == 'teardown': test['done'] = True
    except Exception: strange = True
def case(file, names, outcome, seconds=None, line=None, text=''):
    return {'name': file, 'assertionResults': [{'ancestorTitles': names[:-1], 'title': names[-1], 'duration': seconds and seconds * 1000,
        'status': {'skipped': 'pending'}.get(outcome, outcome), 'location': {'line': line} if line else None,
        'failureMessages': [text] if text and outcome != 'passed' else []}]}
found = [case(e['file'], e['names'], e['outcome'], e['seconds'], e['line'], e['text']) for e in cases]
for whole, test in tests.items():
    file, names = place(whole)
    if not test['done'] and test['outcome'] in ('passed', 'skipped'): test['outcome'], test['text'] = 'error', 'the process was left while it ran'
    found.append(case(file, names, test['outcome'], test['seconds'], None if test['line'] is None else test['line'] + 1, test['text']))
    if test['done']: started.discard(whole)
for whole, text in broken: found.append(case(place(whole)[0] if whole else '', ['(file)'], 'error', None, None, text))
bad = failed or broken or any(test['outcome'] in ('failed', 'error') for test in tests.values()) or any(e['outcome'] in ('failed', 'error') for e in cases)
done = len(cases) + sum(test['done'] for test in tests.values())
trouble = ('the process was left before its tests ended, while running ' + ', '.join(sorted(started)[:5])) if started and not ended else \
    'the process was left before its tests ended' if not ended else \
    'what it told of its tests cannot be read' if strange else \
    'only %d of its %d tests were run' % (done, plan) if plan is not None and done < plan and not bad else \
    'tests failed of which it told nothing' if failed and not bad else None
if code == 127 and not ended and not said: sys.exit(127)
if trouble: found.append(case('', ['(target)'], 'error', None, None, trouble + ' (status %d)' % code))
with open(path + '.part', 'w') as out: json.dump({'testResults': found}, out)
os.replace(path + '.part', path)
sys.exit(code if code > 0 else 1 if code or bad or trouble else 0)
`
