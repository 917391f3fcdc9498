"""The weights that a run keeps: the best so far, or the last."""

from collections.abc import Mapping

from torch import Tensor

from seqmodel import Transformer
from seqtrain.stopping import StoppingState
from seqtrain.stopping_recipe import StoppingRecipe


class KeptWeights:
    """Hold a copy of the best weights of a model that goes on learning.

    Attributes:
        best: By name; empty before the first validation.
    """

    def __init__(self, recipe: StoppingRecipe, model: Transformer) -> None:
        self._recipe, self._model = recipe, model
        self.best: dict[str, Tensor] = {}

    def keep(self) -> None:
        """Take the present weights for the best."""
        self.best = {name: weight.clone() for name, weight in self._model.state_dict().items()}

    def restore(self, best: Mapping[str, Tensor]) -> None:
        """Go on with the best weights of a run that was left."""
        self.best = {name: weight.to(self._model.device) for name, weight in best.items()}

    def step(self, step: int, stopping: StoppingState) -> int:
        """Return the step whose weights are kept, that of the present ones being `step`."""
        return step if self._are_last else stopping.best_step

    def loss(self, stopping: StoppingState) -> float:
        """Return the validation loss of the weights that are kept; of the last ones, what was last measured."""
        return stopping.last_loss if self._are_last else stopping.best_loss

    def model(self) -> Transformer:
        """Return a model with the weights that are kept, ready to predict."""
        kept = Transformer(self._model.config, self._model.vocabulary)
        kept.exact = False
        kept.load_state_dict(self._model.state_dict() if self._are_last else self.best)
        return kept.to(self._model.device).eval()

    @property
    def _are_last(self) -> bool:
        weights = self._model.state_dict().values()
        return self._recipe.restore == "last" and all(weight.isfinite().all() for weight in weights)
