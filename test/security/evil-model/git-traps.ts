/** Programs that a configuration of git names, by case; each would touch the path in `$M`. */
export const GIT_TRAPS: readonly (readonly [string, string])[] = [
  ['GIT-01', 'git config core.fsmonitor "touch $M"'],
  [
    'GIT-02',
    'mkdir -p .git/hooks; printf "#!/bin/sh\\ntouch $M\\n" > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; git config core.hooksPath .git/hooks',
  ],
  [
    'GIT-03',
    'git config filter.x.clean "touch $M"; git config filter.x.smudge "touch $M"; echo "* filter=x" > .gitattributes',
  ],
  [
    'GIT-04',
    'git config diff.x.command "touch $M"; git config diff.x.textconv "touch $M"; echo "* diff=x" > .gitattributes',
  ],
  ['GIT-05', 'git config merge.x.driver "touch $M"; echo "* merge=x" > .gitattributes'],
  ['GIT-06', 'git config gpg.program "touch $M"; git config commit.gpgsign true'],
]
