import unittest

from shelf.stock import add_counts, shortage


class Stock(unittest.TestCase):
    def test_counts_are_added(self):
        self.assertEqual(add_counts({"tea": 2}, {"tea": 3, "cup": 1}), {"tea": 5, "cup": 1})
        self.assertEqual(add_counts({}, {}), {})

    def test_what_is_there_in_full_is_not_missing(self):
        self.assertEqual(shortage({"tea": 2}, {"tea": 2}), {})
        self.assertEqual(shortage({"tea": 3}, {"tea": 2}), {})

    def test_what_lacks_is_missing(self):
        self.assertEqual(shortage({"tea": 1}, {"tea": 4, "cup": 2}), {"tea": 3, "cup": 2})


if __name__ == "__main__":
    unittest.main()
