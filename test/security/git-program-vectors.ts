/** One way in which a repository names a program. */
export interface Vector {
  readonly config?: string
  readonly attributes?: string
  readonly files?: { readonly [path: string]: string }
  /** A command of plain git that runs the program; absent where it takes a terminal, a network or a signature. */
  readonly live?: readonly string[]
}

/** Where the program lies, and how to name a file beside it. */
interface Place {
  readonly script: string
  readonly at: (name: string) => string
}

/** Every way in which a repository names a program that git runs; hooks get the program in the place of their text. */
export const programVectors = ({ script, at }: Place): Readonly<Record<string, Vector>> => ({
  'GIT-01 core.fsmonitor': { config: `[core]\n fsmonitor = ${script}\n`, live: ['status'] },
  'GIT-02 a hook of its own': {
    files: { '.git/hooks/pre-commit': '' },
    live: ['commit', '-q', '--allow-empty', '-m', 'x'],
  },
  'GIT-02 core.hooksPath': {
    config: `[core]\n hooksPath = ${at('hooks')}\n`,
    live: ['commit', '-q', '--allow-empty', '-m', 'x'],
  },
  'GIT-03 filter.clean': {
    config: `[filter "evil"]\n clean = ${script}\n`,
    attributes: '* filter=evil\n',
    live: ['add', 'a.txt'],
  },
  'GIT-03 filter.smudge': {
    config: `[filter "evil"]\n smudge = ${script}\n`,
    attributes: '* filter=evil\n',
    live: ['checkout', '-f', 'HEAD', '--', 'a.txt'],
  },
  'GIT-03 filter.process': {
    config: `[filter "evil"]\n process = ${script}\n`,
    attributes: '* filter=evil\n',
    live: ['add', 'a.txt'],
  },
  'GIT-03 filter.lfs.process': {
    config: `[filter "lfs"]\n process = ${script}\n clean = ${script}\n`,
    attributes: '* filter=lfs diff=lfs merge=lfs\n',
    live: ['add', 'a.txt'],
  },
  'GIT-04 a diff driver': {
    config: `[diff "evil"]\n command = ${script}\n`,
    attributes: '* diff=evil\n',
    live: ['diff'],
  },
  'GIT-04 diff.external': { config: `[diff]\n external = ${script}\n`, live: ['diff'] },
  'GIT-04 textconv': { config: `[diff "evil"]\n textconv = ${script}\n`, attributes: '* diff=evil\n', live: ['diff'] },
  'GIT-05 a merge driver': {
    config: `[merge "evil"]\n driver = ${script} %O %A %B\n`,
    attributes: '* merge=evil\n',
    live: ['merge', '-q', 'other'],
  },
  'an alias': { config: `[alias]\n st = !${script}\n`, live: ['st'] },
  'GIT-17 core.pager': { config: `[core]\n pager = ${script}\n[pager]\n diff = ${script}\n log = ${script}\n` },
  'core.editor': { config: `[core]\n editor = ${script}\n`, live: ['commit', '--allow-empty'] },
  'GIT-06 gpg.program': {
    config: `[gpg]\n program = ${script}\n[commit]\n gpgSign = true\n`,
    live: ['commit', '-q', '--allow-empty', '-m', 'x'],
  },
  'GIT-17 core.sshCommand': {
    config: `[core]\n sshCommand = ${script}\n[remote "origin"]\n url = ssh://example.org/x\n`,
    live: ['fetch', 'origin'],
  },
  'include.path': {
    config: `[include]\n path = ${at('included')}\n[includeIf "gitdir:/"]\n path = ${at('included')}\n`,
    live: ['status'],
  },
  'credential.helper': {
    config: `[credential]\n helper = !${script}\n`,
  },
  'core.attributesFile': {
    config: `[core]\n attributesFile = ${at('attributes')}\n[filter "evil"]\n clean = ${script}\n`,
    live: ['add', 'a.txt'],
  },
  'uploadpack.packObjectsHook': { config: `[uploadpack]\n packObjectsHook = ${script}\n` },
  'GIT-08 a submodule that updates by a command': {
    config: `[submodule "x"]\n url = ./x\n update = !${script}\n active = true\n`,
    files: { '.gitmodules': `[submodule "x"]\n path = x\n url = ./x\n update = !${script}\n` },
  },
  'GIT-08 the ext:: transport': {
    config: `[remote "origin"]\n url = ext::${script} %S\n[protocol "ext"]\n allow = always\n`,
    live: ['fetch', 'origin'],
  },
  'GIT-01 configuration of a work tree': {
    config: '[extensions]\n worktreeConfig = true\n',
    files: { '.git/config.worktree': `[core]\n fsmonitor = ${script}\n` },
    live: ['status'],
  },
  'core.gitProxy': {
    config: `[core]\n gitProxy = ${script}\n[remote "origin"]\n url = git://example.org/x\n`,
    live: ['fetch', 'origin'],
  },
  'core.alternateRefsCommand': { config: `[core]\n alternateRefsCommand = ${script}\n` },
  'core.askPass': { config: `[core]\n askPass = ${script}\n` },
  'an address that is rewritten': {
    config: `[url "ext::${script} "]\n insteadOf = file://\n insteadOf = https://\n[protocol "ext"]\n allow = always\n[remote "origin"]\n url = https://example.org/x\n`,
    live: ['fetch', 'origin'],
  },
  'programs of the other side': {
    config: `[remote "origin"]\n url = ${at('other-side')}\n uploadpack = ${script}\n receivepack = ${script}\n`,
    live: ['fetch', 'origin'],
  },
  'objects promised by a remote': {
    config: `[remote "origin"]\n url = ext::${script}\n promisor = true\n[extensions]\n partialClone = origin\n[protocol "ext"]\n allow = always\n`,
  },
  'GIT-02 every other hook': {
    files: Object.fromEntries(
      [
        'post-checkout',
        'post-index-change',
        'reference-transaction',
        'pre-push',
        'pre-receive',
        'post-commit',
        'fsmonitor-watchman',
      ].map((hook) => [`.git/hooks/${hook}`, '']),
    ),
    live: ['commit', '-q', '--allow-empty', '-m', 'x'],
  },
})
