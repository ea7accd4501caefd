/** How the stack traces of languages name a place; what was raised stands above its frames. */

/** A place a stack trace names, and whether it is the first of ours below what was raised. */
export interface Frame {
  readonly file: string
  readonly line: number
  readonly message: string | undefined
  readonly confidence: number
}

const FIRST_OWN = 0.75
const FURTHER_OWN = 0.45
const RAISED_BY_NOBODY = 0.4
/** A trace as deep as this has lost what was raised. */
const DEEPEST = 200

/** What an interpreter, a runtime or a test runner says was raised. */
const RAISED =
  /^\s*(?:(?:Caused by: |Exception in thread "[^"]{0,200}" |Unhandled [Ee]xception[.:] ?|Uncaught |PHP Fatal error: {1,2}Uncaught |Error Message: )?[\w$.\\]{0,200}(?:Error|Exception|Failure|Throwable|Failed)\b(?: ?: .{0,2000}|$)|(?:panic|fatal error): .|Failure\/Error: .|Failed asserting .|thread '[^']{0,200}'.{0,20} panicked at .)/

/** Runtimes and test runners of the JVM: where a failure passes through, never where it was made. */
const RUNTIME_CLASS =
  /^(?:javax?|jakarta|jdk|sun|com\.sun|kotlinx?|scala|groovy|clojure|org\.(?:junit|testng|mockito|hamcrest|assertj|opentest4j|gradle|apache\.maven|codehaus|springframework|scalatest|specs2|jetbrains|slf4j)|io\.(?:netty|kotest|mockk)|com\.(?:google\.common|intellij)|junit|munit|sbt)\./

/** `file` may be the bare name of the file of a `class`, which then says in which folder it is. */
const FRAMES: readonly RegExp[] = [
  /^\s*at (?:[\w.@-]{0,100}\/{1,2}){0,2}(?<class>[\w$.]{1,300})\.[\w$<>-]{1,200}\((?<file>[\w$-]{1,200}\.(?:java|kts?|scala|groovy|clj)):(?<line>\d+)\)/,
  /^\s*at .{1,300} in (?<file>(?:[A-Z]:)?[^:]{1,300}\.(?:cs|fs|vb)):line (?<line>\d+)\s*$/,
  /^\s+(?<file>[^\s:()]{1,600}\.go):(?<line>\d+)(?: \+0x[0-9a-f]+)?$/,
  /^\s+at (?<file>[^\s:()]{1,600}\.rs):(?<line>\d+)(?::\d+)?$/,
  /^#\d{1,4} (?<file>[^\s:()]{1,600}\.php)\((?<line>\d+)\): /,
  /^(?<file>[^\s:()]{1,600}\.php):(?<line>\d+)$/,
  /^\s*(?:from |# )?(?<file>[^\s:()'"]{1,600}\.rb):(?<line>\d+)(?::in [`'].{1,300}')?$/,
]
const FIRST_LETTERS = /^\s*(?:at |from |#|[\w./~@-]+:\d|[\w./~@-]+\.(?:go|rb|php))/

/** Reads lines one after the other and remembers what was raised last. */
export class FrameReader {
  #raised: string | undefined
  #below = 0
  #own = 0

  /** The place a line names, unless it is in a runtime; `isOurs` judges files. */
  read(line: string, ours: (file: string) => string | undefined): Frame | undefined {
    this.#below++
    if (RAISED.test(line)) {
      this.#raised = line.trim()
      this.#below = 0
      this.#own = 0
    }
    const groups = frameOf(line)
    if (groups === undefined) return undefined
    const { class: owner, file: named = '', line: number } = groups
    if (owner !== undefined && RUNTIME_CLASS.test(owner)) return undefined
    const file = ours(owner === undefined ? named : inPackage(owner, named))?.replaceAll('\\', '/')
    if (file === undefined) return undefined
    const raised = this.#below > DEEPEST ? undefined : this.#raised
    const confidence = raised === undefined ? RAISED_BY_NOBODY : this.#own++ === 0 ? FIRST_OWN : FURTHER_OWN
    return { file, line: Number(number), message: raised, confidence }
  }
}

function frameOf(line: string): Readonly<Record<string, string>> | undefined {
  if (!FIRST_LETTERS.test(line)) return undefined
  for (const expression of FRAMES) {
    const groups = expression.exec(line)?.groups
    if (groups !== undefined) return groups
  }
  return undefined
}

/** Classes of the JVM live in folders named as their packages. */
function inPackage(owner: string, file: string): string {
  const packages = owner.split('.').slice(0, -1)
  return [...packages, file].join('/')
}
