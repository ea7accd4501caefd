import { childOf, childrenOf, languageOf, withTree, type SyntaxNode } from '#syntax'

/** One name that a file offers to others, with what a caller relies on. */
export interface ExportedDeclaration {
  readonly name: string
  /** The declaration without its body and comments, in one spelling of white space. */
  readonly signature: string
  readonly line: number
}

type Reader = (root: SyntaxNode) => readonly ExportedDeclaration[]

/** Languages whose grammar says what is public. */
const READERS: Readonly<Record<string, Reader>> = {
  typescript: ofModule,
  tsx: ofModule,
  javascript: ofModule,
  python: ofPython,
  java: ofJava,
  go: ofGo,
  rust: ofRust,
}

/** True for a source whose language has a reader. */
export const hasReader = (path: string): boolean => Object.hasOwn(READERS, languageOf(path) ?? '')

/** What a source offers to others; undefined where its language has no reader or it cannot be parsed. */
export async function exportedDeclarations(
  path: string,
  source: string,
): Promise<readonly ExportedDeclaration[] | undefined> {
  const language = languageOf(path)
  const reader = language === undefined || !Object.hasOwn(READERS, language) ? undefined : READERS[language]
  if (language === undefined || reader === undefined) return undefined
  const read = await withTree(language, source, reader)
  return read.ok ? read.value : undefined
}

const plain = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** Text of a declaration up to its body. */
const headOf = (node: SyntaxNode): string => {
  const body = childOf(node, 'body')
  return plain(body === undefined ? node.text : node.text.slice(0, body.start - node.start))
}

const nameOf = (node: SyntaxNode): string => childOf(node, 'name')?.text ?? ''

const declared = (name: string, signature: string, { line }: SyntaxNode): ExportedDeclaration => ({
  name,
  signature,
  line,
})

const namedOf = (node: SyntaxNode): ExportedDeclaration => declared(nameOf(node), headOf(node), node)

/** ES modules, and what CommonJS assigns to `exports`. */
function ofModule(root: SyntaxNode): readonly ExportedDeclaration[] {
  return childrenOf(root).flatMap((node) => {
    if (node.type === 'expression_statement') return ofCommonJs(node)
    if (node.type !== 'export_statement') return []
    const declaration = childOf(node, 'declaration')
    if (/^export\s+default\b/.test(node.text))
      return [declared('default', declaration === undefined ? 'default' : headOf(declaration), node)]
    if (declaration !== undefined) return ofDeclaration(declaration)
    const clause = childrenOf(node).find(({ type }) => type === 'export_clause')
    if (clause === undefined) return [declared(plain(node.text), 'export', node)]
    return childrenOf(clause).map((each) => declared(childOf(each, 'alias')?.text ?? nameOf(each), 'export', each))
  })
}

function ofDeclaration(node: SyntaxNode): readonly ExportedDeclaration[] {
  if (/^(?:lexical|variable)_declaration$/.test(node.type))
    return childrenOf(node)
      .filter(({ type }) => type === 'variable_declarator')
      .map((each) => declared(nameOf(each), signatureOfValue(each), each))
  if (!node.type.endsWith('class_declaration'))
    return [
      /^(?:interface|enum|type_alias)/.test(node.type) ? declared(nameOf(node), plain(node.text), node) : namedOf(node),
    ]
  const members = childrenOf(childOf(node, 'body') ?? node).filter(
    (member) =>
      /(?:method|field)_(?:definition|signature)|property/.test(member.type) &&
      !/^(?:private|#|protected)/.test(member.text),
  )
  return [
    namedOf(node),
    ...members.map((member) => declared(`${nameOf(node)}.${nameOf(member)}`, withoutValue(member), member)),
  ]
}

/** Functions in constants are told by their parameters, other values by their type. */
function signatureOfValue(node: SyntaxNode): string {
  const value = childOf(node, 'value')
  if (value !== undefined && /function/.test(value.type)) return headOf(value)
  return plain(childOf(node, 'type')?.text ?? 'value')
}

/** A field's value is no part of what callers rely on. */
function withoutValue(node: SyntaxNode): string {
  const value = childOf(node, 'value')
  return value === undefined ? headOf(node) : plain(node.text.slice(0, value.start - node.start))
}

function ofCommonJs(node: SyntaxNode): readonly ExportedDeclaration[] {
  const [, name, all] = /^(?:module\.)?exports(?:\.(\w+)\s*=|\s*=\s*\{([^{}()]{0,4000})\})/.exec(node.text) ?? []
  if (name !== undefined) return [declared(name, 'exports', node)]
  return (all ?? '')
    .split(',')
    .map((part) => part.split(':')[0]?.trim() ?? '')
    .filter((part) => /^\w+$/.test(part))
    .map((part) => declared(part, 'exports', node))
}

/** Top-level names that do not begin with an underscore, and such methods of such classes. */
function ofPython(root: SyntaxNode, prefix = ''): readonly ExportedDeclaration[] {
  return childrenOf(root).flatMap((outer): readonly ExportedDeclaration[] => {
    const node = outer.type === 'decorated_definition' ? (childOf(outer, 'definition') ?? outer) : outer
    const name = nameOf(node)
    if (name === '' || (name.startsWith('_') && name !== '__init__')) return []
    if (node.type === 'function_definition') return [{ ...namedOf(node), name: prefix + name }]
    if (node.type !== 'class_definition' || prefix !== '') return []
    const body = childOf(node, 'body')
    return [namedOf(node), ...(body === undefined ? [] : ofPython(body, `${name}.`))]
  })
}

const TYPE_OF_JAVA = /^(?:class|interface|enum|record|annotation_type)_declaration$/

/** Public types with their public and protected members; members of an interface are public without saying so. */
function ofJava(root: SyntaxNode, prefix = '', is_open = false): readonly ExportedDeclaration[] {
  return childrenOf(root).flatMap((node): readonly ExportedDeclaration[] => {
    const modifiers = childrenOf(node).find(({ type }) => type === 'modifiers')?.text ?? ''
    const is_public = /\b(?:public|protected)\b/.test(modifiers) || (is_open && !/\bprivate\b/.test(modifiers))
    if (!is_public) return []
    const name = prefix + nameOf(node)
    if (TYPE_OF_JAVA.test(node.type)) {
      const body = childOf(node, 'body')
      const inner = body === undefined ? [] : ofJava(body, `${name}.`, node.type === 'interface_declaration')
      return [{ ...namedOf(node), name }, ...inner]
    }
    if (/^(?:method|constructor)_declaration$/.test(node.type)) {
      // Methods of one name differ by what they take.
      const types = childrenOf(childOf(node, 'parameters') ?? node).map((each) => childOf(each, 'type')?.text ?? '')
      return [{ ...namedOf(node), name: `${name}(${types.join(', ')})` }]
    }
    if (node.type !== 'field_declaration') return []
    const variable = childOf(node, 'declarator')
    return [
      declared(prefix + (variable === undefined ? '' : nameOf(variable)), plain(node.text.split('=')[0] ?? ''), node),
    ]
  })
}

const isCapital = (name: string): boolean => /^\p{Lu}/u.test(name)

/** Names that begin with a capital letter; of a struct, such fields. */
function ofGo(root: SyntaxNode): readonly ExportedDeclaration[] {
  return childrenOf(root).flatMap((node): readonly ExportedDeclaration[] => {
    if (node.type === 'function_declaration') return isCapital(nameOf(node)) ? [namedOf(node)] : []
    if (node.type === 'method_declaration') {
      const receiver = /\*?\s*(\w+)(?:\[.*\])?\s*\)$/.exec(childOf(node, 'receiver')?.text ?? '')?.[1] ?? ''
      return isCapital(nameOf(node)) && isCapital(receiver)
        ? [{ ...namedOf(node), name: `${receiver}.${nameOf(node)}` }]
        : []
    }
    const specs = childrenOf(node).flatMap((each) => (each.type.endsWith('_spec_list') ? childrenOf(each) : [each]))
    if (!/^(?:type|const|var)_declaration$/.test(node.type)) return []
    return specs
      .filter((spec) => isCapital(nameOf(spec)))
      .map((spec) => declared(nameOf(spec), goSignature(spec), spec))
  })
}

function goSignature(spec: SyntaxNode): string {
  const type = childOf(spec, 'type')
  if (type?.type !== 'struct_type') return plain(type === undefined ? nameOf(spec) : type.text)
  const fields = childrenOf(type).flatMap((list) => childrenOf(list))
  return `struct { ${fields
    .filter((field) => /^\p{Lu}|^\*?\w+\.\p{Lu}/u.test(field.text))
    .map((field) => plain(field.text))
    .join('; ')} }`
}

const isPub = (node: SyntaxNode): boolean =>
  childrenOf(node).some(({ type, text }) => type === 'visibility_modifier' && text === 'pub')

/** Items that are `pub` without a bound, and such functions of implementations. */
function ofRust(root: SyntaxNode, prefix = ''): readonly ExportedDeclaration[] {
  return childrenOf(root).flatMap((node): readonly ExportedDeclaration[] => {
    if (node.type === 'impl_item') {
      const body = childOf(node, 'body')
      return body === undefined ? [] : ofRust(body, `${childOf(node, 'type')?.text ?? ''}::`)
    }
    if (!isPub(node)) return []
    if (node.type === 'mod_item') {
      const body = childOf(node, 'body')
      return [
        declared(prefix + nameOf(node), 'mod', node),
        ...(body === undefined ? [] : ofRust(body, `${prefix}${nameOf(node)}::`)),
      ]
    }
    if (node.type === 'struct_item') return [declared(prefix + nameOf(node), rustStruct(node), node)]
    if (/^(?:enum|trait|union)_item$/.test(node.type)) return [declared(prefix + nameOf(node), plain(node.text), node)]
    const name = nameOf(node) || plain(node.text)
    return [
      declared(
        prefix + name,
        /^(?:const|static)_item$/.test(node.type) ? plain(childOf(node, 'type')?.text ?? '') : headOf(node),
        node,
      ),
    ]
  })
}

function rustStruct(node: SyntaxNode): string {
  const body = childOf(node, 'body')
  if (body?.type !== 'field_declaration_list') return plain(node.text)
  return `${headOf(node)} { ${childrenOf(body)
    .filter(isPub)
    .map((field) => plain(field.text))
    .join(', ')} }`
}
