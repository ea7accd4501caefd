"""Print the counts of a file."""

import sys

from . import read_counts


def main(argv):
    with open(argv[1], encoding="utf-8") as lines:
        for article, amount in sorted(read_counts(lines).items()):
            print(f"{article}\t{amount}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
