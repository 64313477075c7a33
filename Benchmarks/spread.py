# SPDX-License-Identifier: Apache-2.0
#
# Medians with their spread, and how a table shows them.

import math
import statistics


def interval(values):
    """The interval between two order statistics that holds the median of the population with 95 % probability.

    It assumes nothing about the distribution. Below six values no such interval exists: it is then the whole range.
    """
    ordered = sorted(values)
    count = len(ordered)
    rank, tail = 0, 0.0
    while rank < count // 2:
        tail += math.comb(count, rank) / 2**count
        if 2 * tail > 0.05:
            break
        rank += 1
    outermost = max(rank - 1, 0)
    return ordered[outermost], ordered[count - 1 - outermost]


def ratio(over, under):
    """`1.03 (1.01–1.05)`: the median of the ratios of two lists of values, paired by round."""
    ratios = [a / b for a, b in zip(over, under) if b > 0]
    if not ratios:
        return "–"
    low, high = interval(ratios)
    digits = 2 if statistics.median(ratios) < 10 else 0
    return f"{statistics.median(ratios):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def figure(values, digits=0):
    """`170 (165–181)`: the median of a list of values and its interval."""
    if not values:
        return "–"
    low, high = interval(values)
    return f"{statistics.median(values):,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def absolute(values, digits=1):
    return f"{statistics.median(values):,.{digits}f}" if values else "–"


def table(head, rows):
    """A Markdown table; the first column is text, the others are figures."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
