"""A short soak finds no fault, and a report does not hide one."""

import pytest

from seqserve.cli import main
from seqserve.service.soak_report import Report


def test_a_short_soak_finds_no_fault(checkpoint, capsys):
    status = main(["soak", "--model", checkpoint, "--seconds", "3", "--clients", "6"])
    said = capsys.readouterr().out
    assert status == 0, said
    assert said.endswith("no fault\n")
    assert "0 lost, status 0" in said


GOOD = {"seconds": 10.0, "latencies": [0.001], "status": 0, "memory": [100] * 9}


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ({"latencies": []}, "nothing was answered"),
        ({"wrong": ["b'{}'"]}, "1 wrong answers, the first: b'{}'"),
        ({"unjust": ["500: b''"]}, "1 unjust refusals, the first: 500: b''"),
        ({"broken": ["ConnectionResetError()"]}, "1 broken connections, the first: ConnectionResetError()"),
        ({"unexpected": ["garbage: b'HTTP/1.1 200'"]}, "1 answers to mischief"),
        ({"lost": ["ConnectionResetError()"] * 2}, "2 lost"),
        ({"memory": [90, 90, 90, 100, 100, 100, 111, 111, 111]}, "memory grew by 11%"),
        ({"status": 1}, "the service ended with status 1"),
        ({"said": "x\nTraceback (most recent call last):\nKeyError: 1"}, "the service complained: KeyError: 1"),
    ],
)
def test_a_report_says_what_was_wrong(bad, fault):
    assert Report(**GOOD).faults() == []
    report = Report(**{**GOOD, **bad})
    assert any(found.startswith(fault) for found in report.faults())
    assert f"FAULT       {fault}" in report.text()
    assert "no fault" not in report.text()


@pytest.mark.parametrize("status", [400, 404, 408, 413, 429, 500, 503, 504])
@pytest.mark.parametrize("slow", [False, True])
def test_a_refusal_is_named_by_its_status_and_a_fault_where_neither_load_nor_the_client_excuses_it(status, slow):
    report = Report(**GOOD)
    report.refuse(status, b"why", slow=slow)
    excused = status in (429, 503, 504) or (status == 408 and slow)
    assert f"refused     1 with {status}\n" in report.text()
    assert report.faults() == ([] if excused else [f"1 unjust refusals, the first: {status}: b'why'"])
