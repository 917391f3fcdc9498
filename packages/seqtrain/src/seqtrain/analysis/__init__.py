"""Why a trained model of arithmetic works: which nodes matter, what they do, and whether that is the whole algorithm.

Begin to read at `analyse`; `trials_of_digits` and its neighbours define each sub-task; `hypothesis` the algorithm.
"""
