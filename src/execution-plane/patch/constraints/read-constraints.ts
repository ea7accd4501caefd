/** What a constraint of a task can keep as it is, as far as rules can tell. */
export type Kept = 'public_api' | 'schema' | 'dependencies' | 'configuration'

/** A constraint that speaks of something rules can check. */
export interface ReadConstraint {
  readonly kept: Kept
  /** As the task has it. */
  readonly text: string
  /** False where its words leave room: then a person decides, and nothing is refused. */
  readonly is_clear: boolean
  /** True where only additions are closed, as in "no new dependencies". */
  readonly only_new: boolean
}

const TOPICS: Readonly<Record<Kept, RegExp>> = {
  public_api:
    /\bapis?\b|\b(?:public|exported|external)\s+(?:\w+\s+){0,2}(?:interfaces?|signatures?|surface|methods?|functions?|types?|classes|names?)\b|\b(?:function|method|call)\s+signatures?\b|\bexports?\b|\b(?:existing\s+)?callers\b|\bbackwards?[\s-]compatib|\bbreaking\s+changes?\b/i,
  schema:
    /\b(?:schemas?|migrations?|(?:database|db)\s+(?:structure|tables?|layout|columns?)|table\s+definitions?|proto(?:buf|col buffers?)?|openapi|graphql|wire\s+formats?)\b/i,
  dependencies:
    /\b(?:dependenc(?:y|ies)|packages?|librar(?:y|ies)|third[\s-]party|package\.json|lockfiles?|requirements\.txt|go\.mod|cargo\.toml|pom\.xml)\b/i,
  configuration: /\b(?:config(?:uration)?s?|settings|environment\s+variables?|env\s+vars?)\b/i,
}
const NOT =
  /\b(?:do\s+not|don['’]?t|must\s*n['’]?o?t|never|no|without|cannot|can['’]t|may\s+not|shall\s+not|should\s*n['’]?o?t|not\s+to|must\s+not|not\s+be|forbidden|prohibited|disallowed|avoid|refrain\s+from|off[\s-]limits)\b/i
const CHANGE =
  /\b(?:chang\w*|modif\w*|alter\w*|break\w*|touch\w*|remov\w*|delet\w*|renam\w*|updat\w*|edit\w*|add\w*|introduc\w*|bump\w*|upgrad\w*|downgrad\w*|drop\w*|extend\w*|new|additional|extra)\b/i
const KEEP =
  /\b(?:keep|leave|preserve|maintain|retain|stays?|remains?|unchanged|stable|intact|untouched|frozen|fixed|identical|the\s+same|as[\s-]is|as\s+(?:it|they)\s+(?:is|are)|off[\s-]limits|hands\s+off|compatible\s+with|backwards?[\s-]compatib\w*)\b/i
const ONLY_NEW = /\b(?:new|add\w*|introduc\w*|additional|extra|further)\b/i
const ANY_CHANGE = /\b(?:chang\w*|modif\w*|alter\w*|touch\w*|remov\w*|renam\w*|updat\w*|edit\w*|bump\w*|upgrad\w*)\b/i
const SOFT =
  /\b(?:ideally|if\s+possible|where\s+possible|when\s+possible|prefer\w*|try\s+to|unless|except|other\s+than|minimi[sz]e|as\s+(?:little|few)\s+as|if\s+(?:necessary|needed)|unnecessar\w*|too\s+much|only\s+(?:if|when|where))\b/i

/** What can be kept, in the order of the report. */
const KINDS = ['public_api', 'schema', 'dependencies', 'configuration'] as const
/** The form that leaves nothing to words: `keep: public_api`, `no_new: dependencies`. */
const TYPED = /^(keep|no_new)\s*:\s*(public_api|schema|dependencies|configuration)$/

/** A constraint in its typed form; undefined for words. */
function typed(text: string): ReadConstraint | undefined {
  const [, verb, name] = TYPED.exec(text.trim()) ?? []
  const kept = KINDS.find((kind) => kind === name)
  return kept === undefined ? undefined : { kept, text: text.trim(), is_clear: true, only_new: verb === 'no_new' }
}

/**
 * The constraints that say "leave this as it is" of something that rules can check; others are people's and the
 * judge's. English is read by its words; `keep: KIND` and `no_new: KIND` are sure.
 */
export function readConstraints(texts: readonly string[]): readonly ReadConstraint[] {
  // Each sentence for itself: "no new dependency; the API may grow" says nothing against the API.
  const sure = texts.flatMap((text) => typed(text) ?? [])
  const worded = texts.filter((text) => typed(text) === undefined)
  const sentences = worded.flatMap((text) => text.slice(0, 4_000).split(/[;\n]|\.(?:\s|$)|,\s*but\s/))
  const read = sentences.flatMap((raw) => {
    const text = raw.trim().replaceAll(/\s+/g, ' ')
    const closes = (NOT.test(text) && CHANGE.test(text)) || KEEP.test(text)
    // "No API calls in tests" names the thing and a no, and still says nothing of a change.
    if (!closes) return []
    const kept = Object.entries(TOPICS).flatMap(([name, topic]) => (topic.test(text) ? [name] : []))
    return KINDS.filter((name) => kept.includes(name)).map((name) => ({
      kept: name,
      text,
      is_clear: !SOFT.test(text),
      only_new: ONLY_NEW.test(text) && !ANY_CHANGE.test(text) && !KEEP.test(text),
    }))
  })
  return [...sure, ...read]
}
