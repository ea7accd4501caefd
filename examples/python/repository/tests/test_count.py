import unittest

from stocktake import read_counts


class ReadCounts(unittest.TestCase):
    def test_each_article_has_its_count(self):
        self.assertEqual(read_counts(["bolts, 12", "nuts, 7"]), {"bolts": 12, "nuts": 7})

    def test_comments_and_empty_lines_are_skipped(self):
        self.assertEqual(read_counts(["# shelf 4", "", "bolts, 12"]), {"bolts": 12})


if __name__ == "__main__":
    unittest.main()
