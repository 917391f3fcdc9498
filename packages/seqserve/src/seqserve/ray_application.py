"""The service as a Ray Serve application: the same engine and API, on as many replicas and machines as Ray has.

Needs the extra `ray`. `serve run seqserve.ray_application:build model=default replicas=2` starts it; in Python:

    from ray import serve
    from seqserve.ray_application import build

    serve.run(build({"model": "default", "replicas": 2}))
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from starlette.types import ASGIApp

from seqserve.service.limits import Limits
from seqserve.service.settings import Settings

_OWN: dict[str, Any] = {
    "model": "default",
    "engine": "auto",
    "threads": 1,
    "universe": None,
    "token_file": None,
    "replicas": 1,
    "cpus": 1.0,
}
_LIMITS: dict[str, Any] = {bound.name: bound.default for bound in fields(Limits)}


def build(arguments: Mapping[str, Any]) -> Any:
    """Return the application, a `ray.serve.Application`.

    Args:
        arguments: By name, as text or as what it stands for: `model`, `engine`, `threads`, `universe` and `token_file`
            as `seqserve serve` has them, `replicas` (how many copies), `cpus` (processors that Ray sets aside for
            each), and each limit of `seqserve.service.limits.Limits`. The model is a packaged name, or a path that
            every machine has.

    Raises:
        ValueError: There is no such argument, or a value is impossible.
        seqmodel.CheckpointError: There is no such model.
    """
    from ray import serve

    chosen = _OWN | _LIMITS | {name: _converted(name, value) for name, value in arguments.items()}
    settings = _settings(chosen)
    deployment = serve.deployment(
        serve.ingress(_builder(settings))(),
        name="seqserve",
        num_replicas=chosen["replicas"],
        ray_actor_options={"num_cpus": chosen["cpus"]},
        # The service has a line and limits of its own, which answer at once: Ray holds nothing back before.
        max_ongoing_requests=settings.limits.connections,
        graceful_shutdown_timeout_s=settings.limits.deadline + settings.limits.patience,
    )
    return deployment.bind()


def _settings(chosen: Mapping[str, Any]) -> Settings:
    from seqmodel import find_checkpoint
    from seqserve.serve_command import read_token
    from seqserve.service.explaining import universe_for

    return Settings(
        model=chosen["model"],
        engine=chosen["engine"],
        threads=chosen["threads"],
        token=None if chosen["token_file"] is None else read_token(chosen["token_file"]),
        universe=universe_for(chosen["universe"], find_checkpoint(chosen["model"]).vocabulary),
        limits=Limits(**{name: chosen[name] for name in _LIMITS}),
    )


def _builder(settings: Settings) -> Callable[[], ASGIApp]:
    """Return what each replica calls once, in its own process."""

    def build_replica() -> ASGIApp:
        from seqmodel import find_checkpoint
        from seqserve.compiling import warm
        from seqserve.loading import load_engine
        from seqserve.service.app import application
        from seqserve.service.drain import Drain
        from seqserve.service.metrics import Metrics

        engine = load_engine(settings.model, settings.engine, threads=settings.threads)
        warm(engine)
        # A replica that ends is asked nothing more by Ray, which answers for its health: there is no drain to announce.
        return application(settings, find_checkpoint(settings.model), engine, Drain(), Metrics())

    return build_replica


def _converted(name: str, value: Any) -> Any:
    """Return an argument, which a command line gives as text, as what its default is."""
    known = _OWN | _LIMITS
    if name not in known:
        raise ValueError(f"there is no argument {name!r}: known are {', '.join(known)}")
    kind = type(known[name])
    if kind not in (int, float) or isinstance(value, kind):
        return value
    try:
        converted = kind(value)
    except (TypeError, ValueError):
        converted = 0
    if not 0 < converted < float("inf"):
        raise ValueError(f"{name}: expected {'an integer' if kind is int else 'a number'} above 0, got {value!r}")
    return converted
