import { describe, expect, test } from 'vitest'
import type { SyntaxLanguage } from './language.ts'
import { outlineOf } from './outline.ts'

interface Case {
  readonly source: string
  /** Kind, name, first and last line. */
  readonly symbols: readonly string[]
  readonly imports: readonly string[]
  readonly named?: string
}

const CASES: Readonly<Record<SyntaxLanguage, Case>> = {
  typescript: {
    source: `import { a } from './a.ts'
export * from 'b'
export interface Shape { area(): number }
export type Id = string
enum Colour { Red }
namespace Inner { export function deep() {} }
export abstract class Base<T> {
  readonly size = 1
  #secret() {}
  abstract draw(): void
}
export const LIMIT = 3
export const make = () => {
  return 1
}
module.exports.late = function () {}
const table = { run: () => 1 }
export function* walk(): Iterable<number> {}
`,
    symbols: [
      'interface Shape 3-3',
      'method area 3-3',
      'type Id 4-4',
      'enum Colour 5-5',
      'module Inner 6-6',
      'function deep 6-6',
      'class Base 7-11',
      'field size 8-8',
      'method secret 9-9',
      'method draw 10-10',
      'constant LIMIT 12-12',
      'function make 13-15',
      'constant make 13-15',
      'function late 16-16',
      'constant table 17-17',
      'method run 17-17',
      'function walk 18-18',
    ],
    imports: ["import { a } from './a.ts'", "export * from 'b'"],
  },
  tsx: {
    source: `import React from 'react'
export function Button({ label }: Props) {
  return <button onClick={() => 1}>{label}</button>
}
`,
    symbols: ['function Button 2-4'],
    imports: ["import React from 'react'"],
  },
  javascript: {
    source: `import fs from 'node:fs'
class Reader { limit = 1; read() {} }
var old = 1
exports.open = function () {}
`,
    symbols: ['class Reader 2-2', 'field limit 2-2', 'method read 2-2', 'constant old 3-3', 'function open 4-4'],
    imports: ["import fs from 'node:fs'"],
  },
  python: {
    source: `import os
from .a import b

LIMIT = 3

@decorated
class Order(Base):
    rate = 2
    async def total(self):
        def inner(): pass
`,
    symbols: [
      'constant LIMIT 4-4',
      'class Order 7-10',
      'field rate 8-8',
      'function total 9-10',
      'function inner 10-10',
    ],
    imports: ['import os', 'from .a import b'],
  },
  java: {
    source: `package org.example.shop;
import java.util.List;
public class Cart<T> implements Basket {
  private final int size = 0;
  public Cart() {}
  List<T> items() { return null; }
  enum Kind { SMALL }
}
interface Basket {}
record Point(int x) {}
@interface Fast {}
`,
    symbols: [
      'class Cart 3-8',
      'field size 4-4',
      'method Cart 5-5',
      'method items 6-6',
      'enum Kind 7-7',
      'constant SMALL 7-7',
      'interface Basket 9-9',
      'class Point 10-10',
      'interface Fast 11-11',
    ],
    imports: ['import java.util.List;'],
    named: 'package org.example.shop;',
  },
  go: {
    source: `package shop

import (
	"fmt"
	other "example.org/other"
)

const Limit = 3
var count int

type Cart struct{ size int }
type Basket interface{ Add() }

func (c *Cart) Add(n int) error { return nil }
func New() *Cart { return nil }
`,
    symbols: [
      'constant Limit 8-8',
      'constant count 9-9',
      'type Cart 11-11',
      'type Basket 12-12',
      'method Add 14-14',
      'function New 15-15',
    ],
    imports: ['"fmt"', 'other "example.org/other"'],
    named: 'package shop',
  },
  rust: {
    source: `use std::fmt;
mod inner;
pub struct Cart<T> { size: T }
enum Kind { A }
pub trait Basket { fn add(&self); }
impl<T> Basket for Cart<T> { fn add(&self) {} }
const LIMIT: u8 = 3;
type Id = u8;
macro_rules! shout { () => {} }
`,
    symbols: [
      'module inner 2-2',
      'class Cart 3-3',
      'enum Kind 4-4',
      'interface Basket 5-5',
      'function add 5-5',
      'implementation Cart 6-6',
      'function add 6-6',
      'constant LIMIT 7-7',
      'type Id 8-8',
      'function shout 9-9',
    ],
    imports: ['use std::fmt;'],
  },
  cpp: {
    source: `#include "cart.h"
#define LIMIT 3
namespace shop {
class Cart { int size(); };
int Cart::size() { return 0; }
template <typename T> T *find(T *a) { return a; }
enum Kind { A };
using Id = int;
}
`,
    symbols: [
      'constant LIMIT 2-3',
      'module shop 3-9',
      'class Cart 4-4',
      'method size 4-4',
      'function size 5-5',
      'function find 6-6',
      'enum Kind 7-7',
      'type Id 8-8',
    ],
    imports: ['#include "cart.h"\n'],
  },
  csharp: {
    source: `using System;
namespace Shop;
public class Cart { public int Size { get; } public Cart() {} void Add<T>(T a) {} }
interface IBasket {}
enum Kind { A }
record Point(int X);
`,
    symbols: [
      'class Cart 3-3',
      'field Size 3-3',
      'method Cart 3-3',
      'method Add 3-3',
      'interface IBasket 4-4',
      'enum Kind 5-5',
      'class Point 6-6',
    ],
    imports: ['using System;'],
    named: 'namespace Shop;',
  },
  ruby: {
    source: `require 'json'
module Shop
  LIMIT = 3
  class Cart < Base
    def add?(item); end
    def self.open; end
  end
end
`,
    symbols: ['module Shop 2-8', 'constant LIMIT 3-3', 'class Cart 4-7', 'method add? 5-5', 'method open 6-6'],
    imports: ["require 'json'"],
  },
  php: {
    source: `<?php
namespace Shop\\Cart;
use Other\\Thing;
interface Basket {}
trait Counts {}
class Cart { const LIMIT = 3; public function add($a) {} }
function total() {}
`,
    symbols: [
      'interface Basket 4-4',
      'class Counts 5-5',
      'class Cart 6-6',
      'constant LIMIT 6-6',
      'method add 6-6',
      'function total 7-7',
    ],
    imports: ['use Other\\Thing;'],
    named: 'namespace Shop\\Cart;',
  },
  bash: { source: 'deploy() {\n  true\n}\n', symbols: ['function deploy 1-3'], imports: [] },
}

describe('the outline of a source', () => {
  test.each(Object.entries(CASES))('in %s names what is declared and what is imported', async (language, expected) => {
    const outline = await outlineOf(language as SyntaxLanguage, expected.source)
    if (!outline.ok) throw new Error(outline.refusal)
    const { symbols, imports, package: named } = outline.value
    expect(symbols.map((one) => `${one.kind} ${one.name} ${one.start_line}-${one.end_line}`)).toEqual(expected.symbols)
    expect(imports).toEqual(expected.imports)
    expect(named).toEqual(expected.named)
  })

  test('of broken code has what the parser could save', async () => {
    const outline = await outlineOf('python', 'def whole():\n    return 1\n\ndef broken(:\n\nclass Kept:\n    pass\n')
    expect(outline.ok && outline.value.symbols.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['whole', 'Kept']),
    )
  })

  test('of more than two million characters is refused', async () => {
    expect(await outlineOf('typescript', 'a'.repeat(2_000_001))).toEqual({ ok: false, refusal: 'source_too_large' })
  })
})
