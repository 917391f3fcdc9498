"""The benchmarks of all packages, each beside its peers in one run: `make bench`, or `make bench-quick`.

Each command measures its peers in turns with what is ours, from the same weights and on the same rows, and says which
peers it did not find. `comparisons.py` reads the figures.
"""

from comparisons import comparisons_of


def test_generation_and_posterior(measured, quick):
    small = ("--universe", "phase1", "--rows", 200_000, "--runs", 3)
    found = measured("seqgen", "benchmark", *(small if quick else ()))
    assert {measure["name"] for measure in found["measures"]} >= {"rows from a contiguous slice", "posterior: built"}


def test_training_step(measured, quick):
    found = measured("seqtrain", "benchmark-step", *(["--quick"] if quick else []))
    assert comparisons_of("seqtrain benchmark-step", found).lines


def test_decoding_with_torch(measured, quick):
    found = measured("seqmodel", "benchmark", *(["--quick"] if quick else []))
    assert comparisons_of("seqmodel benchmark", found).counted


def test_decoding_compiled(measured, quick):
    found = measured("seqserve", "bench", *(["--quick"] if quick else []))
    assert comparisons_of("seqserve bench", found).counted


def test_service(measured, quick):
    found = measured("seqserve", "load", *(["--seconds", 1, "--rounds", 1] if quick else []))
    assert all(each.compared for each in comparisons_of("seqserve load", found).counted)
