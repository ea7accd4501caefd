/**
 * A tracer of the platform, run by its own runner and placed as `sitecustomize` for others: it notes each line of the workspace's
 * own files that runs, and which lines of them can. `sys.monitoring` where there is one, `sys.settrace` before 3.12.
 */
export const PYTHON_TRACER = `
import atexit, json, os, sys, threading
ROOT, OUT = '/workspace/', os.environ.get('GANDER_COVERAGE')
hits = {}
def own(name):
    return name.startswith(ROOT) and '/site-packages/' not in name and '/.gander-' not in name
def note(code, line):
    name = code.co_filename
    if own(name): hits.setdefault(name, set()).add(line)
def lines_of(path):
    found, todo = set(), []
    try:
        with open(path, 'rb') as source: todo.append(compile(source.read(), path, 'exec', dont_inherit=True))
    except Exception: return []
    while todo:
        code = todo.pop()
        found.update(line for _, _, line in code.co_lines() if line) if hasattr(code, 'co_lines') else None
        todo.extend(one for one in code.co_consts if hasattr(one, 'co_code'))
    return sorted(found)
def write():
    try:
        named = [ROOT + one for one in os.environ.get('GANDER_COVERAGE_FILES', '').split('\\n') if one]
        files = {name: {'executable': lines_of(name), 'hit': sorted(hits.get(name, ()))} for name in [*hits, *named][:5000]}
        os.makedirs(OUT, exist_ok=True)
        with open(os.path.join(OUT, '%d.json' % os.getpid()), 'w') as out: json.dump(files, out)
    except Exception: pass
if OUT and not hasattr(sys, 'gander_traced'):
    sys.gander_traced = True
    atexit.register(write)
    if hasattr(sys, 'monitoring'):
        m, tool = sys.monitoring, 4
        def on_line(code, line):
            note(code, line)
            return m.DISABLE
        try:
            m.use_tool_id(tool, 'gander')
            m.register_callback(tool, m.events.LINE, on_line)
            m.set_events(tool, m.events.LINE)
        except Exception: pass
    else:
        def local(frame, event, arg):
            if event == 'line': note(frame.f_code, frame.f_lineno)
            return local
        def globally(frame, event, arg):
            if not own(frame.f_code.co_filename): return None
            note(frame.f_code, frame.f_lineno)
            return local
        threading.settrace(globally)
        sys.settrace(globally)
`
