import pytest
from hypothesis import settings

from seqtrain import Recipe, recipe_from_dict

# A neighbour on the same cores can make any single example slow.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture
def tiny() -> Recipe:
    """A recipe that trains in a blink: one block of width 8, rows of phase 1."""
    return recipe_from_dict(
        {
            "model": {"d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
            "data": {"batch": 8},
            "loss": {"kind": "distance-weighted"},
            "optimiser": {"learning_rate": 0.01},
            "schedule": {"warmup": 3},
            "curriculum": {"stages": [{"shares": {"phase1": 1}}]},
            "validation": {"every": 10, "rows": 8, "final_rows": 40, "ceiling": False},
            "budget": {"steps": 20},
            "run": {"threads": 1, "log_every": 5, "save_every": 10},
        }
    )
