import unittest

from shelf.labels import shelf_mark, shorten


class Labels(unittest.TestCase):
    def test_a_mark_has_row_and_place(self):
        self.assertEqual(shelf_mark(1, 7), "A-07")
        self.assertEqual(shelf_mark(26, 12), "Z-12")

    def test_a_short_name_stays(self):
        self.assertEqual(shorten("tea", 3), "tea")

    def test_a_long_name_is_cut(self):
        self.assertEqual(shorten("teapot", 4), "tea.")


if __name__ == "__main__":
    unittest.main()
