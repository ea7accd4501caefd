import { descendants, type SyntaxLanguage, type SyntaxNode } from '#syntax'
import { argumentsOf, callName, isCall } from './call-name.ts'
import type { TestCase } from './test-inventory.ts'

const MOCKS: Partial<Record<SyntaxLanguage, RegExp>> = {
  javascript:
    /^(?:jest|vi)\.(?:mock|doMock|spyOn|unstable_mockModule)$|^sinon\.(?:stub|replace|mock)$|^mock\.(?:method|module|fn)$|^t\.mock\.(?:method|module)$|^proxyquire$/,
  python:
    /^(?:(?:unittest\.)?mock\.)?patch(?:\.object|\.multiple|\.dict)?$|^mocker\.patch(?:\.\w+)?$|^(?:monkeypatch|mp)\.setattr$/,
  java: /(?:^|\.)(?:mockStatic|mockConstruction)$/,
  ruby: /^allow$|\.(?:stub|stubs)$/,
  php: /\.(?:createMock|createStub|getMockBuilder|createPartialMock)$/,
}

/** What a test replaces by a stand-in, by its first argument or two. */
export function mocksIn(
  body: SyntaxNode,
  language: SyntaxLanguage,
  inner: (node: SyntaxNode) => boolean,
): TestCase['mocks'] {
  const mocks = MOCKS[language === 'typescript' || language === 'tsx' ? 'javascript' : language]
  const found: { line: number; target: string; text: string }[] = []
  for (const node of descendants(body, (below) => below === body || inner(below))) {
    if (node.type === 'assignment' || node.type === 'assignment_expression' || node.type === 'assignment_statement') {
      const target = replacedMember(node)
      if (target !== undefined) found.push({ line: node.line, target, text: node.text.slice(0, 200) })
    }
    if (mocks === undefined || !isCall(node) || !mocks.test(callName(node))) continue
    const given = argumentsOf(node)?.children.filter((child) => child.named) ?? []
    const [first, second] = given
    const target = [
      first?.text,
      second !== undefined && /string|identifier/.test(second.type) ? second.text : undefined,
    ]
      .filter((part) => part !== undefined)
      .map((part) => part.replaceAll(/['"`]/g, ''))
      .join('.')
    // Surroundings of the process are what tests set; they are not what is tested.
    if (
      /^(?:os|sys|time|random|socket|shutil|subprocess|platform|console|process|global(?:This)?|window|Date|Math)\b/.test(
        target,
      )
    )
      continue
    found.push({ line: node.line, target: target.slice(0, 200), text: node.text.slice(0, 200) })
  }
  return found
}

/** `module.function = lambda *a: 3` replaces a function of somebody else. */
function replacedMember(node: SyntaxNode): string | undefined {
  const [left, right] = [node.children[0], node.children.at(-1)]
  if (left === undefined || right === undefined) return undefined
  if (!/^(?:attribute|member_expression|selector_expression)$/.test(left.type)) return undefined
  if (!/^(?:lambda|arrow_function|function_expression|func_literal)$/.test(right.type)) return undefined
  return /^(?:self|this|module\.exports|exports)\b|prototype/.test(left.text) ? undefined : left.text.slice(0, 120)
}
