"""What the JSON of the packages' benchmark commands says, as one kind of line: how many times our time a peer takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seqmodel.benchmark import Ratio, Timing


@dataclass(frozen=True, kw_only=True)
class Line:
    """Compare one peer with what is ours.

    Attributes:
        work: What was done, and at what size.
        ours: Our name for who did it.
        peer: Who else did it.
        times: The peer's time over ours, of medians: above 1 ours is quicker.
        low: Where the 90 % interval of that begins; None where there is none.
        high: Where it ends.
    """

    work: str
    ours: str
    peer: str
    times: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Say how much of what a contestant said is wrong.

    Attributes:
        work: At what.
        name: Who.
        compared: How many of its tokens were compared with those of the exact mode; of a service, of its answers
            with the library's.
        unit: Which of these.
        mismatches: How many differ.
        near_ties: How many of them where the two likeliest tokens are next to equally likely; None where not known.
    """

    work: str
    name: str
    compared: int
    unit: str = "tokens"
    mismatches: int
    near_ties: int | None


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Say how many units a second something is done: what has no peer, and the limits of the machine."""

    name: str
    unit: str
    rate: float


@dataclass(frozen=True, kw_only=True)
class Comparisons:
    """Hold what one command found: lines, rates, counts of mismatches, the machine, and who was skipped and why."""

    command: str
    machine: Mapping[str, Any]
    lines: list[Line]
    rates: list[Rate] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    skipped: Mapping[str, str] = field(default_factory=dict)


def comparisons_of(command: str, figures: Mapping[str, Any]) -> Comparisons:
    """Read the figures of a command, which begins with the package and the subcommand.

    Raises:
        ValueError: It is none of those that are known.
    """
    readers = {
        "seqgen benchmark": _rows,
        "seqtrain benchmark-step": _steps,
        "seqmodel benchmark": _decoding,
        "seqserve bench": _compiled,
        "seqserve load": _service,
    }
    name = " ".join(command.split()[:2])
    if name not in readers:
        raise ValueError(f"command={command!r}: give one of {', '.join(readers)}")
    skipped = dict(figures.get("skipped", {}))
    if name == "seqgen benchmark" and figures["times_the_peer"] is None:
        skipped["reasoning-gym"] = "it is not installed"
    return Comparisons(
        command=command,
        machine=figures["machine"],
        lines=list(readers[name](figures)),
        rates=[*map(_rate, figures.get("measures", [])), *map(_answers, figures.get("measured", []))],
        counted=[*map(_counted, figures.get("agreements", [])), *map(_wrong, figures.get("measured", []))],
        skipped=skipped,
    )


def _rows(figures: Mapping[str, Any]) -> Iterator[Line]:
    if figures["times_the_peer"] is not None:
        peer = "reasoning-gym, median item"
        yield Line(work="a row", ours="seqgen, from a slice", peer=peer, times=figures["times_the_peer"])


def _steps(figures: Mapping[str, Any]) -> Iterator[Line]:
    for race in figures["races"]:
        for loop in race["loops"]:
            ratio = loop["seqtrain_over_it"]["clock"]
            if loop["name"] != "seqtrain":
                yield Line(
                    work=f"a step of {race['model']}, batch {race['batch']}",
                    ours="seqtrain",
                    peer=_named(loop),
                    times=1 / ratio["medians"],
                    low=1 / ratio["high"],
                    high=1 / ratio["low"],
                )


def _decoding(figures: Mapping[str, Any]) -> Iterator[Line]:
    for timing in figures["timings"]:
        if timing["fastest_setting"] and timing["times_ours"]["medians"] != 1:
            ratio = timing["times_ours"]
            yield Line(
                work=f"{timing['work']}, {_sized(timing)}",
                ours="seqmodel, plain",
                peer=_named(timing),
                times=ratio["medians"],
                low=ratio["low"],
                high=ratio["high"],
            )


def _compiled(figures: Mapping[str, Any]) -> Iterator[Line]:
    ours = figures["timings"][0]["name"]
    works: dict[str, dict[str, Timing]] = {}
    for one in figures["timings"]:
        timing = Timing(name=one["name"], setting=one["setting"], seconds=tuple(one["seconds"]))
        best = works.setdefault(f"{one['work']}, {_sized(one)}", {})
        # Of a peer's settings the fastest one is what counts.
        best[timing.name] = min(best.get(timing.name, timing), timing, key=lambda each: each.median)
    for work, best in works.items():
        for timing in best.values():
            if timing.name != ours:
                ratio = Ratio.of(timing, best[ours])
                peer = _named({"name": timing.name, "setting": timing.setting})
                yield Line(work=work, ours=ours, peer=peer, times=ratio.medians, low=ratio.low, high=ratio.high)


def _service(figures: Mapping[str, Any]) -> Iterator[Line]:
    ours = figures["measured"][0]["name"]
    rates = {one["work"]: one["rate"] for one in figures["measured"] if one["name"] == ours}
    for one in figures["measured"]:
        if one["name"] != ours:
            # Answers a second: theirs take as many times as long.
            times = rates[one["work"]] / one["rate"]
            yield Line(work=f"an answer, {one['work']}", ours=ours, peer=one["name"], times=times)


def _rate(one: Mapping[str, Any]) -> Rate:
    return Rate(name=one["name"], unit=one["unit"], rate=one["rate"])


def _answers(one: Mapping[str, Any]) -> Rate:
    return Rate(name=f"{one['name']}, {one['work']}", unit="answers", rate=one["rate"])


def _wrong(one: Mapping[str, Any]) -> Counted:
    return Counted(
        work=one["work"],
        name=one["name"],
        compared=one["answers"],
        unit="answers",
        mismatches=one["wrong"],
        near_ties=None,
    )


def _counted(one: Mapping[str, Any]) -> Counted:
    sized = one if "d_model" in one else {**one, **one["shape"]}
    return Counted(
        work=_sized(sized),
        name=one["name"],
        compared=one["tokens"],
        mismatches=one["mismatches"],
        near_ties=one["near_ties"],
    )


def _sized(one: Mapping[str, Any]) -> str:
    return f"width {one['d_model']}, batch {one['batch']}"


def _named(one: Mapping[str, Any]) -> str:
    return f"{one['name']} ({one['setting']})" if one["setting"] else str(one["name"])
