import { call } from './play.ts'

const COUNT = `"""Reading of counted lines."""


class CountError(ValueError):
    """A line that cannot be counted."""


def read_counts(lines):
    """Return the count of each article in \`lines\`, an iterable of text lines."""
    counts = {}
    for number, line in enumerate(lines, start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        article, _, amount = line.partition(",")
        try:
            counted = int(amount)
        except ValueError:
            raise CountError(f"line {number} has no readable count: {line!r}") from None
        article = article.strip()
        counts[article] = counts.get(article, 0) + counted
    return counts
`

const COUNT_TEST = `import unittest

from stocktake import read_counts
from stocktake.count import CountError


class ReadCounts(unittest.TestCase):
    def test_each_article_has_its_count(self):
        self.assertEqual(read_counts(["bolts, 12", "nuts, 7"]), {"bolts": 12, "nuts": 7})

    def test_comments_and_empty_lines_are_skipped(self):
        self.assertEqual(read_counts(["# shelf 4", "", "bolts, 12"]), {"bolts": 12})

    def test_counts_of_one_article_are_added(self):
        self.assertEqual(read_counts(["bolts, 12", "bolts, 5"]), {"bolts": 17})

    def test_a_line_without_a_number_is_refused_by_its_number(self):
        with self.assertRaisesRegex(CountError, "line 2"):
            read_counts(["bolts, 12", "nuts"])


if __name__ == "__main__":
    unittest.main()
`

/** Lines of a model that solves the Python example. */
export const python = {
  source: call('file_write', { path: 'stocktake/count.py', content: COUNT }),
  /** Adds, but forgets the error: its test fails. */
  half: call('file_edit', {
    path: 'stocktake/count.py',
    old_text: '        counts[article.strip()] = int(amount)',
    new_text: '        article = article.strip()\n        counts[article] = counts.get(article, 0) + int(amount)',
  }),
  /** Only adds lines: where lines of a test are altered, every run of it would try mutants as well. */
  test: call('file_write', { path: 'tests/test_count.py', content: COUNT_TEST }),
  /** The same tests, with a line of the base commit's altered, for which their strength is tried. */
  altered_test: call('file_write', {
    path: 'tests/test_count.py',
    content: COUNT_TEST.replace(
      /from stocktake import read_counts\nfrom .*\n/,
      'from stocktake.count import CountError, read_counts\n',
    ),
  }),
}
