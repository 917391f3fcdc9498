import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.arithmetic import Questions
from seqmodel import QUANTAMATHS_VOCABULARY, IntegerVocabulary, ModelConfig
from seqtrain.analysis.layout import Layout


@given(st.data())
def test_every_digit_stands_where_the_layout_says(data: st.DataObject) -> None:
    digits = data.draw(st.integers(1, 20))
    first, second = (data.draw(st.integers(0, 10**digits - 1)) for _ in range(2))
    text = Questions.of([first], [second], "-", digits).texts()[0]
    layout = Layout(digits)
    assert len(text) == layout.length
    assert (text[layout.operation], text[layout.equals], text[layout.answer(layout.sign)]) == (
        "-",
        "=",
        "-" if first < second else "+",
    )
    for digit in range(digits):
        assert text[layout.first(digit)] == str(first // 10**digit % 10)
        assert text[layout.second(digit)] == str(second // 10**digit % 10)
        assert layout.name(layout.first(digit)) == f"D{digit}"
        assert layout.name(layout.second(digit)) == f"D'{digit}"
    for target in layout.targets[:-1]:
        assert text[layout.answer(target)] == str(abs(first - second) // 10**target % 10)
        assert layout.name(layout.answer(target)) == f"A{target}"
        answers = Questions.of([first], [second], "-", digits).answers()
        assert answers[0, layout.column(target)] == int(text[layout.answer(target)])


def test_the_published_positions() -> None:
    # In the sample of 5 digits the node before A0 is at P17, that before the highest digit at P12.
    layout = Layout(5)
    assert (layout.written_at(0), layout.written_at(5), layout.equals) == (17, 12, 11)


def test_models_of_something_else_are_refused() -> None:
    with pytest.raises(ValueError, match="symbols are"):
        Layout.of(ModelConfig(context=19), IntegerVocabulary())
    with pytest.raises(ValueError, match="context 20 is no question"):
        Layout.of(ModelConfig(context=20), QUANTAMATHS_VOCABULARY)
    with pytest.raises(ValueError, match="attention='full'"):
        Layout.of(ModelConfig(context=19, attention="full"), QUANTAMATHS_VOCABULARY)
    with pytest.raises(ValueError, match="positions='rotary'"):
        Layout.of(ModelConfig(context=19, positions="rotary"), QUANTAMATHS_VOCABULARY)
