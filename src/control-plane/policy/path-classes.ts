/** A kind of path that runs may not change just because their task's scope covers it. */
export interface PathClass {
  readonly rule: string
  /** Globs over folded paths, at any depth unless they say otherwise; what lies below a match is covered too. */
  readonly paths: readonly string[]
  /** Paths that look like the class and are harmless. Absent: none. */
  readonly except?: readonly string[]
  /** `deny`: closed to every run. `ask`: a person must agree, and has where the task names the path explicitly. */
  readonly effect: 'deny' | 'ask'
  readonly why: string
}

/** Protected files, the platform's level: the most specific class comes first and answers. */
export const PATH_CLASSES: readonly PathClass[] = [
  {
    rule: 'protected.git',
    paths: ['**/.git', '**/{,.}git~[0-9]', '**/.gitmodules', '**/.gitattributes', '**/.lfsconfig'],
    effect: 'deny',
    why: "git's own files decide what others see and run",
  },
  {
    rule: 'protected.ci',
    paths: [
      '**/.github',
      '**/.gitlab',
      '**/.gitlab-ci.{yml,yaml}',
      '**/.circleci',
      '**/.buildkite',
      '**/.drone.{yml,yaml}',
      '**/.travis.{yml,yaml}',
      '**/jenkinsfile*',
      '**/azure-pipelines*.{yml,yaml}',
      '**/bitbucket-pipelines.yml',
      '**/appveyor.yml',
      '**/cloudbuild.{yml,yaml}',
      '**/buildspec*.{yml,yaml}',
    ],
    effect: 'deny',
    why: 'CI definitions run with credentials after a merge',
  },
  {
    rule: 'protected.ownership',
    paths: ['**/codeowners', '**/owners', '**/owners_aliases'],
    effect: 'deny',
    why: 'ownership decides who must approve',
  },
  {
    rule: 'protected.agent_instructions',
    paths: [
      '**/{agents,agent,claude,gemini,qwen,codex,warp,copilot-instructions}{,.local,.override}.md',
      '**/{.claude,.cursor,.codex,.gemini,.qwen,.opencode,.windsurf,.clinerules,.roo,.junie,.kiro,.continue,.agents}',
      '**/{.cursorrules,.windsurfrules,.roorules,.goosehints,.aider*,.mcp.json,mcp.json,opencode.json{,c}}',
    ],
    effect: 'deny',
    why: 'instruction files steer other agents',
  },
  {
    rule: 'protected.secrets_file',
    paths: ['**/.env', '**/.env.*', '**/.netrc', '**/.pypirc', '**/id_{rsa,dsa,ecdsa,ed25519}', '**/*.{p12,pfx,jks}'],
    except: ['**/.env.{example,sample,template,dist}'],
    effect: 'deny',
    why: 'such files hold credentials',
  },
  {
    rule: 'protected.dot_directory',
    paths: ['.*/**'],
    effect: 'deny',
    why: 'top-level dot-directories configure tools that run outside the sandbox',
  },
  {
    rule: 'protected.manifest',
    paths: [
      '**/{package,package-lock,npm-shrinkwrap,composer,packages.lock,global,jsr,lerna,nx}.json',
      '**/{.npmrc,.yarnrc,.yarnrc.yml,.pnpmfile.cjs,yarn.lock,pnpm-lock.yaml,pnpm-workspace.yaml,bun.lock,bun.lockb}',
      '**/deno.{json,jsonc,lock}',
      '**/{requirements,constraints}*.{txt,in}',
      '**/requirements/*.{txt,in}',
      '**/{pyproject,pipfile,cargo,pixi,uv,pdm}{,.toml,.lock}',
      '**/{setup.py,setup.cfg,poetry.lock,conda-lock.yml,environment.yml,pip.conf}',
      '**/{pom.xml,mvnw,mvnw.cmd,gradlew,gradlew.bat,gradle.properties,gradle.lockfile,*.versions.toml,build.sbt}',
      '**/{build,settings}.gradle{,.kts}',
      '**/gradle/wrapper',
      '**/{go.mod,go.sum,go.work,go.work.sum}',
      '**/{gemfile,gemfile.lock,*.gemspec,composer.lock,mix.exs,mix.lock,rebar.config,rebar.lock}',
      '**/{*.csproj,*.fsproj,*.vbproj,nuget.config,directory.{packages,build}.{props,targets}}',
      '**/{package.swift,package.resolved,podfile,podfile.lock,pubspec.yaml,pubspec.lock,flake.nix,flake.lock,*.cabal}',
    ],
    effect: 'ask',
    why: 'manifests and lockfiles decide what code is installed and which checks run',
  },
]
