import pytest
import torch
from handmade_arithmetic import Handmade

from seqtrain.analysis.clusters import CLEAR, WEAK, find_clusters, nearest_shares

CASES = torch.arange(120) % 3


def test_three_clouds_are_clear_and_chance_is_a_third() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(120, 8, generator=generator, dtype=torch.float64)
    clouds = noise + 20 * torch.eye(3, 8, dtype=torch.float64)[CASES]
    one_apart = noise + 20 * torch.eye(1, 8, dtype=torch.float64)[0] * (CASES == 2)[:, None]
    shares = nearest_shares(torch.stack([clouds, one_apart, noise]), CASES)
    assert shares[0] == 1 >= CLEAR
    assert WEAK > shares[1] > 0.5  # two of the three cannot be told apart
    assert shares[2] < 0.5


def test_results_that_are_all_alike_have_no_clusters() -> None:
    shares = nearest_shares(torch.ones(1, 120, 4, dtype=torch.float64), CASES)
    assert shares.item() == pytest.approx(1 / 3)


def test_heads_that_read_a_column_alone_show_its_cases() -> None:
    hand = Handmade(2)
    with torch.no_grad():
        # What a head reads of the sum alone, along one dimension, falls into the cases of additions.
        hand.weights["blocks.0.feed_forward.output.weight"].zero_()
    clusters = find_clusters(hand.model, "S", seed=0)
    assert clusters
    for cluster in clusters:
        column = cluster.head.position - hand.layout.written_at(0)
        assert cluster.head.layer == 1
        assert cluster.digit == min(-column, 2) - cluster.head.number
        assert cluster.share >= WEAK
