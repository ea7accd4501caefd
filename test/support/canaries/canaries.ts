import { Buffer } from 'node:buffer'
import { randomFrom } from '../credential-tokens.ts'

/** Every value begins and ends with these, so that a piece of one is found in a sink as surely as a whole one. */
const HEAD = 'Zq7canaryKw'
const TAIL = 'yrX9endVt3'
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=&"<>%é_-'

/** As many different values, 29 to 60 characters each, from a seed. */
export function makeCanaries(count: number): readonly string[] {
  const random = randomFrom(20_260_203)
  const letters = Array.from(LETTERS)
  return Array.from({ length: count }, () => {
    const length = 8 + Math.floor(random() * 32)
    const middle = Array.from({ length }, () => letters[Math.floor(random() * letters.length)] ?? 'x').join('')
    return `${HEAD}${middle}${TAIL}`
  })
}

/** The part of a text's base64 that does not depend on what stands around it, at each of the three places. */
function inBase64(text: string): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]).toString('base64')
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + text.length) * 8) / 6))
  })
}

/** What either end of a value looks like in the encodings; URL and JSON leave letters and digits as they are. */
const NEEDLES: readonly string[] = [HEAD, TAIL].flatMap((end) => [
  end,
  Array.from(end).toReversed().join(''),
  ...inBase64(end),
  Buffer.from(end).toString('hex'),
  Buffer.from(end).toString('hex').toUpperCase(),
  Array.from(end).join('\n'),
  Array.from(end).join('\\n'),
])

/** Where an end of some value stands in a text, in any of the encodings; independent of the engine that cuts. */
export function canariesIn(text: string): readonly string[] {
  return NEEDLES.flatMap((needle) => {
    const at = text.indexOf(needle)
    return at === -1 ? [] : [text.slice(Math.max(0, at - 60), at + needle.length + 20)]
  })
}

/** The encodings that `say.py` knows. */
export const ENCODINGS = 'raw base64 base64_1 base64_2 base64url hex url json reversed lines'.split(' ')

/** Files that hold the values so that no search finds them, and a program that says them in each encoding. */
export function canaryFiles(values: readonly string[]): Readonly<Record<string, string>> {
  const masked = values.map((value) => Buffer.from(Buffer.from(value).map((byte) => byte ^ 0x5a)).toString('hex'))
  return { 'stocktake/masked.txt': `${masked.join('\n')}\n`, 'stocktake/say.py': SAY }
}

const SAY = `import base64, json, os, sys, urllib.parse

ENCODE = {
    "raw": lambda v: v,
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64_1": lambda v: base64.b64encode(b"a" + v.encode() + b"tail").decode(),
    "base64_2": lambda v: base64.b64encode(b"ab" + v.encode() + b"tail").decode(),
    "base64url": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "hex": lambda v: v.encode().hex(),
    "url": lambda v: urllib.parse.quote(v, safe=""),
    "json": lambda v: json.dumps(v),
    "reversed": lambda v: v[::-1],
    "lines": lambda v: "\\n".join(v),
}


def values():
    with open(os.path.join(os.path.dirname(__file__), "masked.txt")) as lines:
        return [bytes(b ^ 0x5A for b in bytes.fromhex(line.strip())).decode() for line in lines]


def say(name):
    for value in values():
        print(ENCODE[name](value))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    for name in sys.argv[1:]:
        say(name)
`
