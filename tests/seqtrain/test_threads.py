import torch

from seqtrain import Recipe, recipe_from_dict
from seqtrain.threads import threads_for, using_threads


def test_small_steps_take_one_thread_and_large_ones_every_core():
    assert threads_for(Recipe(), parameters=10_000) == 1
    assert threads_for(Recipe(), parameters=10_000_000) >= 1
    larger = recipe_from_dict({"data": {"batch": 10**6}})
    assert threads_for(larger, parameters=10_000) == threads_for(Recipe(), parameters=10_000_000)


def test_a_recipe_that_names_its_threads_gets_them():
    recipe = recipe_from_dict({"run": {"threads": 3}})
    assert threads_for(recipe, parameters=1) == 3


def test_threads_are_set_for_the_block_alone():
    before = torch.get_num_threads()
    with using_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
