import { describe, expect, it } from 'vitest'
import { surveyOf, type FilesOfCommit } from '../../../../test/support/survey-of-files.ts'

/** Every import between files, and what could not be followed. */
async function followed(files: FilesOfCommit) {
  const { dependency } = await (await surveyOf(files)).maps()
  const edges = Object.fromEntries(dependency.files.entries.map(({ path, imports }) => [path, imports.entries]))
  return {
    edges,
    unresolved: dependency.unresolved.entries.map(({ names }) => names),
    imports: dependency.imports,
    packages: dependency.packages.entries,
  }
}

describe('imports are followed to files', () => {
  it('of TypeScript and JavaScript: relative, by output name, by tsconfig, by subpath, between packages, by require', async () => {
    const { edges, unresolved, imports, packages } = await followed({
      'package.json':
        '{"name":"root","imports":{"#ports":"./src/ports/index.ts","#*":"./src/*/index.ts"},"dependencies":{"zod":"^4.0.0"},"devDependencies":{"vitest":"5.1.1"}}',
      'tsconfig.json': '{ // names\n "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./src/*"], }, }, }',
      'src/a.ts':
        "import { b } from './b.js'\nimport type { C } from './deep'\nexport * from '@/deep/d'\nimport { p } from '#ports'\nimport { x } from '#x'\nimport fs from 'node:fs'\nimport { z } from 'zod'\nimport gone from './gone'\nimport core from '@acme/core'\nimport { deep } from '@acme/core/deep'\n",
      'src/b.ts': "export const b = async () => (await import('./deep/d')).d\nconst old = require('./old.cjs')\n",
      'src/old.cjs': "const { a } = require('./legacy')\n",
      'src/legacy/index.js': 'exports.a = 1\n',
      'src/deep/index.ts': 'export interface C {}\n',
      'src/deep/d.ts': 'export const d = 1\n',
      'src/ports/index.ts': 'export const p = 1\n',
      'src/x/index.ts': 'export const x = 1\n',
      'packages/core/package.json':
        '{"name":"@acme/core","exports":{".":{"types":"./dist/index.d.ts","default":"./dist/index.js"},"./*":"./dist/*.js"}}',
      'packages/core/src/index.ts': 'export default 1\n',
      'packages/core/src/deep.ts': 'export const deep = 1\n',
    })
    expect(edges).toEqual({
      'src/a.ts': [
        'src/b.ts',
        'src/deep/index.ts',
        'src/deep/d.ts',
        'src/ports/index.ts',
        'src/x/index.ts',
        'packages/core/src/index.ts',
        'packages/core/src/deep.ts',
      ],
      'src/b.ts': ['src/old.cjs', 'src/deep/d.ts'],
      'src/old.cjs': ['src/legacy/index.js'],
    })
    expect(unresolved).toEqual(['./gone'])
    expect(imports).toMatchObject({ external: 1, standard: 1, unresolved: 1 })
    expect(packages).toContainEqual({
      name: 'zod',
      ecosystem: 'npm',
      range: '^4.0.0',
      kind: 'runtime',
      manifest: 'package.json',
      imported_by: 1,
    })
  })

  it('of Python: dotted below src, relative, modules named by from, namespace packages', async () => {
    const { edges, unresolved, imports, packages } = await followed({
      'pyproject.toml':
        '[project]\nname = "acme"\ndependencies = ["PyYAML>=6", "click"]\n[dependency-groups]\ndev = ["pytest>=8"]\n',
      'src/acme/__init__.py': 'from .core import run\n',
      'src/acme/core.py':
        'import os, json\nimport yaml\nfrom acme.tools import parse, missing\nfrom . import errors\nfrom .plug.one import (\n    first,\n    second,\n)\n',
      'src/acme/errors.py': 'class Wrong(Exception): pass\n',
      'src/acme/tools/__init__.py': '',
      'src/acme/tools/parse.py': 'from ..errors import Wrong\nfrom ...above import nothing\n',
      'src/acme/plug/one.py': 'first = second = 1\n',
      'tests/test_core.py': 'from acme.core import run\nimport acme.gone.deep\n',
    })
    expect(edges).toEqual({
      'src/acme/__init__.py': ['src/acme/core.py'],
      'src/acme/core.py': [
        'src/acme/tools/__init__.py',
        'src/acme/tools/parse.py',
        'src/acme/__init__.py',
        'src/acme/errors.py',
        'src/acme/plug/one.py',
      ],
      'src/acme/tools/parse.py': ['src/acme/errors.py'],
      'tests/test_core.py': ['src/acme/core.py'],
    })
    expect(unresolved).toEqual(['...above', 'acme.gone.deep'])
    expect(imports).toMatchObject({ external: 1, standard: 2 })
    expect(packages.map(({ name, range, kind, imported_by }) => [name, range, kind, imported_by])).toEqual([
      ['PyYAML', '>=6', 'runtime', 1],
      ['click', '', 'runtime', 0],
      ['pytest', '>=8', 'development', 0],
    ])
  })

  it('of Java and Kotlin: classes, members, wildcards, and the same package by name', async () => {
    const main = 'src/main/java/com/acme'
    const { edges, imports, packages } = await followed({
      'pom.xml':
        '<project><properties><v>5.1</v></properties><artifactId>billing</artifactId><dependencies><dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>${v}</version><scope>test</scope></dependency></dependencies></project>',
      [`${main}/App.java`]:
        'package com.acme;\nimport com.acme.money.Money;\nimport static com.acme.money.Rounding.half;\nimport java.util.List;\nclass App { Clock clock; Money money; }\n',
      [`${main}/Clock.java`]: 'package com.acme;\nclass Clock {}\n',
      [`${main}/money/Money.java`]: 'package com.acme.money;\npublic class Money {}\n',
      [`${main}/money/Rounding.java`]: 'package com.acme.money;\npublic class Rounding { static int half; }\n',
      'src/main/kotlin/com/acme/Main.kt': 'package com.acme\nimport com.acme.money.*\nfun main() = println(Money())\n',
      'src/test/java/com/acme/AppTest.java':
        'package com.acme;\nimport org.junit.jupiter.api.Test;\nclass AppTest { App app; }\n',
    })
    expect(edges).toEqual({
      [`${main}/App.java`]: [`${main}/money/Money.java`, `${main}/money/Rounding.java`, `${main}/Clock.java`],
      'src/main/kotlin/com/acme/Main.kt': [`${main}/money/Money.java`, `${main}/money/Rounding.java`],
      'src/test/java/com/acme/AppTest.java': [`${main}/App.java`],
    })
    expect(imports).toMatchObject({ external: 1, standard: 1, unresolved: 0 })
    expect(packages).toMatchObject([
      { name: 'org.junit.jupiter:junit-jupiter', range: '5.1', kind: 'development', imported_by: 1 },
    ])
  })

  it('and packages of a Gradle build come from its scripts and its catalog of versions', async () => {
    const { packages } = await followed({
      'gradle/libs.versions.toml':
        '[versions]\njunit = "5.10"\n[libraries]\njunit = { module = "org.junit:junit-api", version.ref = "junit" }\nguava = "com.google.guava:guava:33.0"\nplain = { group = "org.a", name = "b", version = "1" }\n',
      'build.gradle.kts': 'dependencies {\n  implementation(libs.guava)\n  testImplementation("org.c:d:2")\n}\n',
    })
    expect(packages.map(({ name, range, kind }) => [name, range, kind])).toEqual([
      ['org.junit:junit-api', '5.10', 'runtime'],
      ['com.google.guava:guava', '33.0', 'runtime'],
      ['org.a:b', '1', 'runtime'],
      ['org.c:d', '2', 'development'],
    ])
  })

  it('of Go: packages of the module, of a nested module, and of others', async () => {
    const { edges, imports, packages } = await followed({
      'go.mod':
        'module example.org/acme\n\ngo 1.22\n\nrequire (\n\tgithub.com/spf13/pflag v1.0.5\n\tgolang.org/x/text v0.3.0 // indirect\n)\n',
      'main.go':
        'package main\n\nimport (\n\t"fmt"\n\tstore "example.org/acme/internal/store"\n\t"github.com/spf13/pflag"\n\t"example.org/acme/tool/cmd"\n)\n\nfunc main() {}\n',
      'internal/store/store.go': 'package store\n',
      'internal/store/disk.go': 'package store\n',
      'internal/store/store_test.go': 'package store\n\nimport "testing"\n',
      'tool/go.mod': 'module example.org/acme/tool\n',
      'tool/cmd/run.go': 'package cmd\n',
    })
    expect(edges).toEqual({ 'main.go': ['internal/store/disk.go', 'internal/store/store.go', 'tool/cmd/run.go'] })
    expect(imports).toEqual({ internal: 2, external: 1, standard: 2, unresolved: 0 })
    expect(packages.map(({ name, kind, imported_by }) => [name, kind, imported_by])).toEqual([
      ['github.com/spf13/pflag', 'runtime', 1],
      ['golang.org/x/text', 'optional', 0],
    ])
  })

  it('of Rust: modules, crate, self, super, groups, other crates of the workspace, tests', async () => {
    const { edges, imports } = await followed({
      'Cargo.toml': '[workspace]\nmembers = ["a", "b-c"]\n',
      'a/Cargo.toml': '[package]\nname = "a"\n[dependencies]\nserde = "1"\nb-c = { path = "../b-c" }\n',
      'a/src/lib.rs': 'mod net;\npub mod util;\nuse std::fmt;\nuse serde::Serialize;\nuse b_c::shape::Circle;\n',
      'a/src/net/mod.rs': 'mod socket;\nuse crate::util::{Clock, time::{now, later}};\nuse self::socket::Socket;\n',
      'a/src/net/socket.rs': 'use super::super::util::Clock;\nuse super::Listener;\n',
      'a/src/util.rs': 'pub mod time;\npub struct Clock;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n',
      'a/src/util/time.rs': 'pub fn now() {}\n',
      'a/tests/whole.rs': 'use a::util::Clock;\n',
      'b-c/Cargo.toml': '[package]\nname = "b-c"\n',
      'b-c/src/lib.rs': 'pub mod shape;\n',
      'b-c/src/shape.rs': 'pub struct Circle;\n',
    })
    expect(edges).toEqual({
      'a/src/lib.rs': ['a/src/net/mod.rs', 'a/src/util.rs', 'b-c/src/shape.rs'],
      'a/src/net/mod.rs': ['a/src/net/socket.rs', 'a/src/util.rs', 'a/src/util/time.rs'],
      'a/src/net/socket.rs': ['a/src/util.rs', 'a/src/net/mod.rs'],
      'a/src/util.rs': ['a/src/util/time.rs'],
      'a/tests/whole.rs': ['a/src/util.rs'],
      'b-c/src/lib.rs': ['b-c/src/shape.rs'],
    })
    expect(imports).toMatchObject({ external: 1, standard: 1, unresolved: 0 })
  })

  it('of C and C++: beside the file, below include, and the nearest of several', async () => {
    const { edges, unresolved, imports } = await followed({
      'src/main.cpp':
        '#include "own.h"\n#include <acme/api.hpp>\n#include <vector>\n#include <boost/any.hpp>\n#include "../gone.h"\n',
      'src/own.h': '#include "util/list.h"\n',
      'src/util/list.h': '',
      'other/util/list.h': '',
      'include/acme/api.hpp': '#include <stdint.h>\n',
    })
    expect(edges).toEqual({
      'src/main.cpp': ['src/own.h', 'include/acme/api.hpp'],
      'src/own.h': ['src/util/list.h'],
    })
    expect(unresolved).toEqual(['../gone.h'])
    expect(imports).toMatchObject({ external: 1, standard: 2 })
  })

  it('of Ruby: below lib, relative, autoload, and no other call with a text', async () => {
    const { edges, imports, packages } = await followed({
      Gemfile: "gem 'rack', '~> 3.0', '>= 3.0.1'\n",
      'lib/acme.rb':
        "require 'acme/version'\nrequire 'json'\nrequire 'rack'\nmodule Acme\n  autoload :Server, 'acme/server'\n  puts 'acme/gone'\nend\n",
      'lib/acme/version.rb': 'module Acme; VERSION = "1"; end\n',
      'lib/acme/server.rb': "require_relative 'version'\n",
      'test/test_server.rb': "require 'acme/server'\nrequire_relative 'gone'\n",
    })
    expect(edges).toEqual({
      'lib/acme.rb': ['lib/acme/version.rb', 'lib/acme/server.rb'],
      'lib/acme/server.rb': ['lib/acme/version.rb'],
      'test/test_server.rb': ['lib/acme/server.rb'],
    })
    expect(imports).toEqual({ internal: 4, external: 1, standard: 1, unresolved: 1 })
    expect(packages).toMatchObject([{ name: 'rack', range: '~> 3.0, >= 3.0.1', imported_by: 1 }])
  })

  it('of PHP: by PSR-4, by declared namespace, groups and functions, require', async () => {
    const { edges, imports } = await followed({
      'composer.json':
        '{"name":"acme/shop","autoload":{"psr-4":{"Acme\\\\":"src/"}},"require":{"php":">=8","monolog/monolog":"^3"}}',
      'src/Shop.php':
        '<?php\nnamespace Acme;\nuse Acme\\Cart\\{Item, Line as Row};\nuse Monolog\\Logger;\nuse function Acme\\Math\\round_up;\nuse Legacy\\Old;\nrequire __DIR__ . "/boot.php";\nclass Shop {}\n',
      'src/Cart/Item.php': '<?php\nnamespace Acme\\Cart;\nclass Item {}\n',
      'src/Cart/Line.php': '<?php\nnamespace Acme\\Cart;\nclass Line {}\n',
      'src/Math.php': '<?php\nnamespace Acme;\nclass Math {}\n',
      'src/boot.php': '<?php\n',
      'legacy/Old.php': '<?php\nnamespace Legacy;\nclass Old {}\n',
    })
    expect(edges).toEqual({
      'src/Shop.php': ['src/Cart/Item.php', 'src/Cart/Line.php', 'src/Math.php', 'legacy/Old.php', 'src/boot.php'],
    })
    expect(imports).toMatchObject({ external: 1, unresolved: 0 })
  })

  it('of C#: types of a used namespace that the file names, and of its own', async () => {
    const { edges, imports } = await followed({
      'App/App.csproj':
        '<Project><ItemGroup><PackageReference Include="Serilog" Version="3.1.1" /></ItemGroup></Project>',
      'App/Program.cs':
        'using System;\nusing Serilog;\nusing Acme.Money;\nnamespace Acme\n{\n  class Program { Price price; Clock clock; }\n}\n',
      'App/Clock.cs': 'namespace Acme;\npublic class Clock {}\n',
      'App/Money/Price.cs': 'namespace Acme.Money;\npublic record Price(decimal Amount);\n',
      'App/Money/Unused.cs': 'namespace Acme.Money;\npublic class Unused {}\n',
      'App/Other/Price.cs': 'namespace Acme.Other;\npublic class Price {}\n',
    })
    expect(edges).toEqual({ 'App/Program.cs': ['App/Clock.cs', 'App/Money/Price.cs'] })
    expect(imports).toEqual({ internal: 1, external: 1, standard: 1, unresolved: 0 })
  })
})

describe('imports never break a survey', () => {
  it('whatever stands in manifests, and where a file imports itself or its way out of the repository', async () => {
    const { edges } = await followed({
      'package.json': '{"name":',
      'tsconfig.json': '[]',
      'go.mod': 'module',
      'Cargo.toml': '[[[',
      'composer.json': 'null',
      'pyproject.toml': 'x',
      'a.ts': "import './a'\nimport '../../../etc/passwd'\nimport ''\n",
      'a.py': 'from ..... import x\nimport a\n',
      'a.rs': 'use super::super::super::x;\nuse {;\n',
      'a.php': '<?php\nuse ;\n',
      'a.h': '#include "a.h"\n',
    })
    expect(edges).toEqual({})
  })

  it('and manifests that were made to be slow cost no more than their length', async () => {
    const long = (text: string) => text.repeat(Math.floor(40_000 / text.length))
    const { dependency, runtime } = await (
      await surveyOf({
        'pom.xml': long('<plugins><dependency><!--<parent>'),
        'a/pom.xml': long('<artifactId> '),
        'tsconfig.json': long('/*,'),
        'go.mod': long('\n'),
        Gemfile: long('\n\t'),
        'build.gradle': `implementation${long(' ')}`,
        justfile: `a${long(' ')}`,
        Makefile: `a${long(' ')}`,
        'App.csproj': long('<PackageReference '),
        'k8s/a.yaml': long('apiVersion: a\nkind: Deployment\n'),
        'k8s/b.yaml': `apiVersion: a\nkind: Deployment\nmetadata:\n${long('  a: b\n')}`,
        CODEOWNERS: long('[a\n'),
        'a.vue': long('\n'),
        'a.kt': long('\n import'),
        'env.ts': `export const a = process.env${long(' \n')}`,
        'b.js': long('require( \n'),
      })
    ).maps()
    expect(dependency.packages.entries).toEqual([])
    expect(runtime.deployment_units.entries.map(({ path }) => path)).toEqual(['k8s/a.yaml', 'k8s/b.yaml'])
  })
})
