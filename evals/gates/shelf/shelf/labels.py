"""Labels as they are printed."""


def shelf_mark(row, place):
    """Return the mark of a place: A-07 is the seventh of the first row."""
    letters = chr(ord("A") + row - 1)
    return f"{letters}-{place:02d}"


def shorten(name, width):
    """Return a name that fits a label."""
    if len(name) <= width:
        return name
    return name[: width - 1] + "."
