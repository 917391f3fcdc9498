"""Write the API reference from the docstrings: `make docs`, or `python docs/api.py [FOLDER]`.

One page for each package, of what it promises: the names in its `__all__`; and one for each module that users name
themselves. A warning of pdoc is an error.
"""

import sys
import warnings
from importlib import import_module
from pathlib import Path

import pdoc

PACKAGES = ("seqgen", "seqmodel", "seqtrain", "seqserve")
MODULES = ("seqgen.arithmetic", "seqgen.families", "seqgen.strategies")


def write(folder: Path) -> None:
    """Write `index.html`, a page for each package and the search into a folder."""
    for package in PACKAGES:
        module = import_module(package)
        for name in module.__all__:  # pdoc does not see what is loaded when it is first used
            setattr(module, name, getattr(module, name))
    pdoc.render.configure(docformat="google", show_source=False, footer_text="seqgen, seqmodel, seqtrain, seqserve")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        others = (rf"!{package}\..*" for package in PACKAGES)
        pdoc.pdoc(*PACKAGES, *others, *MODULES, output_directory=folder)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "build/api")
    write(target)
    print(target / "index.html")
