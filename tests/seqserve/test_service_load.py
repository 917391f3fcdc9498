"""`seqserve load`: its table, and what it counts of a real service."""

import asyncio
import json

from seqserve import load_command
from seqserve.cli import main
from seqserve.load_command import as_text
from seqserve.service.load import OURS, Load, Measured, Work


def test_the_table_says_who_answered_how_fast():
    found = [
        Measured(work="1 client", name=OURS, seconds=2.0, latencies=[0.001, 0.003, 0.002]),
        Measured(work="1 client", name="peer", seconds=2.0, latencies=[0.5], wrong=1),
    ]
    assert as_text({"processors": 2}, found, {"other": "it is missing"}) == (
        "processors 2\n\n"
        "                    answers/s  p50 ms  p99 ms  wrong\n"
        "1 client  seqserve          2    2.00    2.98      0\n"
        "1 client      peer          0  500.00  500.00      1\n\n"
        "other: skipped, it is missing"
    )


def test_answers_of_a_service_are_compared_with_the_librarys(checkpoint):
    works = [Work(name="few", clients=2, steps=3, others=1, others_steps=5)]
    (found,) = asyncio.run(Load(checkpoint, seconds=0.2, rounds=1, works=works).run([OURS]))
    assert found.latencies
    assert found.seconds >= 0.2
    assert found.wrong == 0


def test_an_answer_that_is_not_the_librarys_is_counted(checkpoint, monkeypatch):
    right = Load._questions

    def wrong(self, steps):
        return [(ask, [*terms, -1]) for ask, terms in right(self, steps)]

    monkeypatch.setattr(Load, "_questions", wrong)
    works = [Work(name="one", clients=1, steps=1)]
    (found,) = asyncio.run(Load(checkpoint, seconds=0.1, rounds=1, works=works).run([OURS]))
    assert found.wrong == len(found.latencies) > 0


def test_without_the_peer_it_measures_alone(checkpoint, monkeypatch, capsys):
    monkeypatch.setattr(load_command, "find_spec", lambda _: None)
    monkeypatch.setattr(Load.__init__, "__kwdefaults__", {"works": (Work(name="one", clients=1, steps=1),)})
    assert main(["load", "--model", checkpoint, "--rounds", "1", "--seconds", "1", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    (one,) = values["measured"]
    assert (one["work"], one["name"], one["wrong"]) == ("one", OURS, 0)
    assert list(values["skipped"]) == ["LitServe"]
