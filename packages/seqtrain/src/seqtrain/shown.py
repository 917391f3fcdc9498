"""How numbers are written for people."""

import math


def percent(share: float | None, digits: int = 2) -> str:
    """Return a share in per cent; a dash where there is none.

    >>> percent(0.98765), percent(None)
    ('98.77 %', '–')
    """
    return "–" if share is None or math.isnan(share) else f"{100 * share:.{digits}f} %"


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with so many digits behind the point; a dash where there is none.

    >>> number(1.14836), number(None)
    ('1.1484', '–')
    """
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def with_error(value: float | None, error: float | None, digits: int = 4) -> str:
    """Return a number with half the width of its interval.

    >>> with_error(0.1518, 0.0051)
    '0.1518 ± 0.0051'
    """
    known = error is not None and not math.isnan(error)
    return f"{number(value, digits)} ± {number(error, digits)}" if known else number(value, digits)


def interval(ends: tuple[float, float]) -> str:
    """Return an interval of shares in per cent; a dash where there is none.

    >>> interval((0.7781, 0.78))
    '77.81 to 78.00'
    """
    low, high = ends
    return "–" if math.isnan(low) else f"{100 * low:.2f} to {100 * high:.2f}"


def percent_with_error(share: float | None, error: float | None) -> str:
    """Return a share in per cent with half the width of its interval.

    >>> percent_with_error(0.9841, 0.0002)
    '98.41 ± 0.02 %'
    """
    return percent(share) if share is None or error is None else f"{points(share, error)} %"


def points(share: float | None, error: float | None = None, digits: int = 2) -> str:
    """Return a difference of shares in percentage points.

    >>> points(0.0196, 0.0015)
    '1.96 ± 0.15'
    """
    scaled, scaled_error = (None if value is None else 100 * value for value in (share, error))
    return with_error(scaled, scaled_error, digits)


def signed(value: float) -> str:
    """Return a number with one digit behind the point and a minus sign that is as wide as a digit.

    >>> signed(-0.84), signed(-0.04)
    ('−0.8', '0.0')
    """
    return f"{value:z.1f}".replace("-", "−")


def thousands(value: float, _: int | None = None) -> str:
    """Return a whole number with its thousands apart; the second argument is what axes give.

    >>> thousands(12000.0)
    '12,000'
    """
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """Return a length of time.

    >>> duration(42.4), duration(2353.4), duration(7265)
    ('42 s', '39 min 13 s', '2 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min {rest} s"


def size(count: float) -> str:
    """Return an amount of memory, in powers of 1000 bytes.

    >>> size(512), size(168_159_784)
    ('512 B', '168.2 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
