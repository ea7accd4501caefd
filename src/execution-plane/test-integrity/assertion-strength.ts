import type { Token } from './source-tokens.ts'

const TRIVIAL =
  /^(?:assert (?:True|1|not False|1 == 1|True == True)|(?:expect \( (?:true|1|'[^']*'|"[^"]*") \) \. to(?:Be|Equal|StrictEqual|BeTruthy|BeDefined) \( (?:true|1)? ?\))|(?:expect \( false \) \. toBeFalsy.*)|expect \( (\S+) \) \. to(?:Be|Equal|StrictEqual) \( \1 \)|[\w. $>:-]*[aA]ssert(?: \. (?:ok|isTrue|equal|strictEqual|True|Equal))?(?:True|Equals?|That|_true|_equal)?(?: !)? \( (?:t )?(?:(?:true|True|1)|(\S+) \2)(?: ==? (?:true|True|1))? \)|assert ! \( true \)|assert_eq ! \( (\S+) \3 \)|(?:EXPECT|ASSERT)_TRUE \( (?:true|1) \)|EXPECT_EQ \( (\S+) \4 \))$/
const VALUE =
  /\b(?:toBe|toEqual|toStrictEqual|toHaveBeenCalledWith|toHaveBeenCalledTimes|toHaveBeenLastCalledWith|toHaveBeenNthCalledWith|toBeNull|toBeUndefined|toBeNaN|toBeCloseTo|toHaveLength|to\w*Snapshot|strictEqual|deepEqual|deepStrictEqual|eql?|equals?|isEqualTo\w*|isEqualByComparingTo|isSameInstanceAs|isSameAs|isEquivalentAccordingToCompareTo|assertEquals?|assertSame\w*|assertArrayEquals|assertIterableEquals|assert_eq|assert_equals?|assert_\w*equal\w*|assertDictEqual|assertListEqual|assertSetEqual|assertTupleEqual|assertCountEqual|assertSequenceEqual|assertMultiLineEqual|assertJsonEquals|assert\w*Equals?|assertAlmostEqual|assertStringEqual\w*|containsExactly\w*|Equal|EqualValues|EqualError|EqualExportedValues|Exactly|Len|JSONEq|YAMLEq|DeepEqual|Same|AreEqual|AreSame|Be|BeEquivalentTo|EXPECT_EQ|ASSERT_EQ|EXPECT_STREQ|ASSERT_STREQ|assert_allclose|assert_array_equal|assert_frame_equal|assert_series_equal|assert_identical|assert_allclose|allclose|array_equal|must_equal|be_empty|be_nil|be_zero|assert_called_once_with|assert_called_with|assert_has_calls|assertCommandOutput|is|same|eqnice|hasSize|isNull|assertNull|assertIsNone|Nil|isEmpty|assertEmpty|toBeEmpty|Empty|Zero|isTrue|isFalse)\b|===?|\bis None\b|\b(?:Equals?|Eq)\b/
const PART =
  /\b(?:to(?:Contain|ContainEqual|Match|MatchObject|HaveProperty|Throw|ThrowError|BeGreaterThan\w*|BeLessThan\w*|Include\w*|StartWith|EndWith)|rejects|includes?|contains?\w*|startsWith|endsWith|startswith|endswith|match(?:es)?|throws|rejects|assertIn|assertNotIn|assertRegex\w*|assertRaises\w*|assertThrows\w*|assertGreater\w*|assertLess\w*|assertContains|assertIsInstance|isInstanceOf|raises|warns|raise_error|Contains|ElementsMatch|Subset|ErrorIs|ErrorAs|ErrorContains|Greater\w*|Less\w*|Regexp|Panics\w*|Throws\w*|EXPECT_THROW|EXPECT_[LG][TE]|hasMessage\w*|property|lengthOf|expectException\w*|assertTrue|assertFalse|in|StartsWith)\b|[<>]=?|\bin\b/
const VAGUE =
  /\b(?:toBeTruthy|toBeFalsy|toBeDefined|toBeInstanceOf|toHaveBeenCalled|exists?|isOk|isDefined|ok|truthy|assertIsNotNone|assertNotNull|assertNotEquals?|notEqual|notStrictEqual|isNotNull|isNotEqualTo|NotNil|NotEqual|NotEmpty|NotZero|anything|any|assert_called|assertNotSame|isNotEmpty|assertNotEmpty|assert_ne|EXPECT_NE|EXPECT_TRUE|ASSERT_TRUE|EXPECT_FALSE|NotPanics|doesNotThrow|assertDoesNotThrow|not_to|isinstance)\b|!=|\bis not None\b|\. not \. to(?:Be|Equal|StrictEqual|Throw|BeNull|BeUndefined|Contain|Match)\b/
const BROAD =
  /^(?:.*(?:raises|assertRaises|assertThrows|expectException|expect_raises)\W+(?:Base)?(?:Exception|Throwable|Error)(?: \. class|::class)?(?: .*)?)$|toThrow \( \)$/

/** How much a check says: 3 a value, 2 a part or a kind, 1 that there is something, 0 nothing at all. */
export function strengthOf(tokens: readonly Token[]): 0 | 1 | 2 | 3 {
  const text = tokens
    .filter((token) => !token.literal || token.text.length < 80)
    .map((token) => (token.literal && /^['"`]/.test(token.text) ? '"s"' : token.text))
    .join(' ')
    .slice(0, 2_000)
  if (TRIVIAL.test(text) || isSelfComparison(tokens)) return 0
  if (BROAD.test(text)) return 1
  if (VAGUE.test(text) && !/===?|\bassertEqual\b/.test(text)) return 1
  if (VALUE.test(text)) return 3
  if (PART.test(text)) return 2
  return 1
}

/** A check whose both sides are the same words: an assert statement, a call of two, or a chain of two calls. */
function isSelfComparison(tokens: readonly Token[]): boolean {
  const words = tokens.map((token) => token.text)
  const opens = words.indexOf('(')
  if (opens > 0 && (words[0] !== 'assert' || words[1] === '.')) return isCallOfTheSame(words, opens)
  const at = words.findIndex((word) => /^={2,3}$/.test(word))
  if (at <= 0 || words[0] !== 'assert') return false
  return words.slice(1, at).join(' ') === words.slice(at + 1).join(' ')
}

const EQUALS = /^(?:to(?:Be|Equal|StrictEqual|Eql|eq)|be|eq|is(?:Equal|Same)\w*|equals?)$/
const EQUAL = /^(?:\w*[eE]quals?|assert_eq|assertSame|Same|is|eql?|same|deepEqual|strictEqual|assertEqual)$/

function isCallOfTheSame(words: readonly string[], opens: number): boolean {
  const closes = closing(words, opens)
  const given = words.slice(opens + 1, closes).filter((word, at) => !(at === 0 && word === 't'))
  if (closes === words.length - 1) {
    const named = words[opens - 1] === '!' ? words[opens - 2] : words[opens - 1]
    const half = given.length / 2
    return half >= 1 && EQUAL.test(named ?? '') && given.slice(0, half).join(' ') === given.slice(half).join(' ')
  }
  const next = words.indexOf('(', closes)
  const between = words.slice(closes + 1, next).filter((word) => word !== '.')
  return (
    between.length === 1 &&
    EQUALS.test(between[0] ?? '') &&
    closing(words, next) === words.length - 1 &&
    given.join(' ') === words.slice(next + 1, -1).join(' ')
  )
}

function closing(words: readonly string[], opens: number): number {
  let depth = 0
  for (let at = opens; at < words.length; at++) {
    if (words[at] === '(') depth += 1
    else if (words[at] === ')') depth -= 1
    if (depth === 0) return at
  }
  return -1
}
