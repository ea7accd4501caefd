"""Counts of articles on a shelf."""


def add_counts(one, other):
    """Return the counts of both together."""
    total = dict(one)
    for article, count in other.items():
        total[article] = total.get(article, 0) + count
    return total


def shortage(counts, wanted):
    """Return how many of each article are missing; what is there in full is left out."""
    missing = {}
    for article, count in wanted.items():
        lacking = count - counts.get(article, 0)
        if lacking > 0:
            missing[article] = lacking
    return missing
