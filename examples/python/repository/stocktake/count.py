"""Reading of counted lines."""


class CountError(ValueError):
    """A line that cannot be counted."""


def read_counts(lines):
    """Return the count of each article in `lines`, an iterable of text lines."""
    counts = {}
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        article, _, amount = line.partition(",")
        counts[article.strip()] = int(amount)
    return counts
