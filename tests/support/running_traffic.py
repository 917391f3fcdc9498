"""Sequences that join a running batch, go on and leave, as drawn by Hypothesis."""

from hypothesis import strategies as st

from seqserve.slotted_engine import numbered


def sequences_of(model, *, longest=30, most=7):
    """Return a strategy for sequences of terms, some longer than the model's window."""
    vocabulary = numbered(model.vocabulary)
    terms = st.integers(vocabulary.low, vocabulary.high)
    return st.lists(st.lists(terms, min_size=1, max_size=longest), min_size=1, max_size=most)


@st.composite
def traffic(draw, model):
    """Draw sequences and, step by step, who joins, who is continued and who leaves."""
    sequences = draw(sequences_of(model, longest=12, most=6))
    events = draw(st.lists(st.tuples(st.sampled_from("jssl"), st.integers(0, 2**30)), min_size=4, max_size=30))
    return sequences, events


def play(batch, sequences, events, top=0):
    """Play the events; return every sequence that joined with its predictions, in the order of joining."""
    joined, slot_of, ended = [], {}, set()
    for kind, number in events:
        if kind == "j" and len(slot_of) < batch.slots:
            sequence = sequences[number % len(sequences)]
            slot_of[len(joined)] = batch.join(sequence)
            joined.append((sequence, []))
        elif kind == "s" and (running := [who for who in slot_of if who not in ended]):
            chosen = [who for place, who in enumerate(running) if number >> place & 1] or running
            chosen = chosen[number % len(chosen) :] + chosen[: number % len(chosen)]
            for who, prediction in zip(chosen, batch.step([slot_of[who] for who in chosen], top), strict=True):
                joined[who][1].append(prediction)
                if prediction.term is None:
                    ended.add(who)
        elif kind == "l" and slot_of:
            who = list(slot_of)[number % len(slot_of)]
            batch.leave(slot_of.pop(who))
    return joined


def assert_answered_as_if_alone(engine, joined):
    """Compare every prediction with what the engine decodes from its sequence alone."""
    for sequence, predictions in joined:
        if predictions:
            (alone,) = engine.decode([sequence], len(predictions), "cached")
            terms = [prediction.term for prediction in predictions]
            assert terms == [*alone.terms, *([None] if alone.ended else [])]
            if alone.probabilities:
                assert [prediction.probability for prediction in predictions] == list(alone.probabilities)
            else:
                assert all(prediction.probability != prediction.probability for prediction in predictions)
