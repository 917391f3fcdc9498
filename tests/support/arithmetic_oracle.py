"""What a question's carries, class and answer are, slowly and by Python's integers."""


def moved(first: int, second: int, operation: str, digits: int) -> list[bool]:
    """Return whether a carry or borrow comes out of each digit, the lowest first."""
    if operation == "-" and first < second:
        first, second = second, first
    out = []
    for place in range(digits):
        unit = 10 ** (place + 1)
        a, b = first % unit, second % unit
        out.append(a + b >= unit if operation == "+" else a < b)
    return out


def passing(first: int, second: int, operation: str, digits: int) -> list[bool]:
    """Return whether each pair of digits sums to nine (is equal), the lowest first."""
    pairs = [(first // 10**place % 10, second // 10**place % 10) for place in range(digits)]
    return [a + b == 9 if operation == "+" else a == b for a, b in pairs]


def difficulty(first: int, second: int, operation: str, digits: int) -> str:
    """Return the name of the question's class."""
    kind = "S" if operation == "+" else "M" if first >= second else "N"
    carries, passes = moved(first, second, operation, digits), passing(first, second, operation, digits)
    if not any(carries):
        return f"{kind}0"
    level = 1
    for place in range(digits):
        above = 0
        while carries[place] and place + above + 1 < digits and passes[place + above + 1]:
            above += 1
        level = max(level, 1 + above)
    if kind == "S":
        return f"S{min(level, 5)}"
    return f"{kind}{level}" if level < 4 else f"{kind}4+"


def expression(first: int, second: int, operation: str, digits: int) -> str:
    """Return the question with its answer."""
    value = first + second if operation == "+" else first - second
    return f"{first:0{digits}}{operation}{second:0{digits}}={'-' if value < 0 else '+'}{abs(value):0{digits + 1}}"
