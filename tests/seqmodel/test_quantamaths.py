"""Names and sizes of the published QuantaMaths models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import QUANTAMATHS_VOCABULARY, ModelConfig, QuantaMathsName, Transformer, preset, quantamaths


@st.composite
def names(draw):
    trained = draw(st.booleans())
    return QuantaMathsName(
        operation=draw(st.sampled_from(["add", "sub", "mix"])),
        digits=draw(st.integers(5, 20)),
        layers=draw(st.integers(1, 30)),
        heads=draw(st.integers(1, 30)),
        thousands=draw(st.integers(1, 2000)) if trained else None,
        seed=draw(st.integers(0, 999_999)) if trained else None,
        insert=draw(st.sampled_from([None, 1, 2, 3])),
    )


@given(names())
def test_a_name_that_is_printed_and_parsed_is_the_same(name):
    assert QuantaMathsName.parse(str(name)) == name


@given(names())
def test_a_name_decides_the_architecture_and_training_changes_none_of_it(name):
    config = quantamaths(str(name))
    assert config == quantamaths(f"add_d{name.digits}_l{name.layers}_h{name.heads}")
    assert (config.context, config.layers, config.heads) == (3 * name.digits + 4, name.layers, name.heads)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "mix_d11_l3_h4_t80K_s572091",
            QuantaMathsName(operation="mix", digits=11, layers=3, heads=4, thousands=80, seed=572091),
        ),
        (
            "ins1_mix_d6_l3_h4_t40K_s372001",
            QuantaMathsName(operation="mix", digits=6, layers=3, heads=4, thousands=40, seed=372001, insert=1),
        ),
        (
            "add_d5_l1_h3_t30K_s000017",
            QuantaMathsName(operation="add", digits=5, layers=1, heads=3, thousands=30, seed=17),
        ),
        ("sub_d20_l10_h12", QuantaMathsName(operation="sub", digits=20, layers=10, heads=12)),
    ],
)
def test_names_say_what_they_say(text, name):
    assert QuantaMathsName.parse(text) == name
    assert str(name) == text


@pytest.mark.parametrize(
    "name",
    [
        "",
        "mix",
        "mul_d6_l3_h4",
        "mix_d6_l3",
        "mix_d6_l3_h4_t40K",
        "mix_d6_l3_h4_s372001",
        "mix_d6_l3_h4_t40_s372001",
        "mix_d6_l3_h4_t40K_s37200",
        "mix_d6_l3_h4_t40K_s3720011",
        "mix_d06_l3_h4",
        "mix_d6_l03_h4",
        "mix_d6_l0_h4",
        "mix_d6_l3_h4_t0K_s372001",
        "ins4_mix_d6_l3_h4",
        "ins_mix_d6_l3_h4",
        "MIX_d6_l3_h4",
        " mix_d6_l3_h4",
        "mix_d6_l3_h4\n",
        "mix_d6_l3_h4.pth",
    ],
)
def test_what_is_no_name_is_quoted_beside_the_form_of_one(name):
    with pytest.raises(
        ValueError, match=r"is no QuantaMaths name: expected .* like mix_d11_l3_h4_t80K_s572091"
    ) as error:
        quantamaths(name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("digits", [4, 21, 99])
def test_digits_are_five_to_twenty(digits):
    with pytest.raises(ValueError, match=f"digits must be 5 to 20, got {digits}"):
        quantamaths(f"mix_d{digits}_l3_h4")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operation": "mul"}, "operation must be add, sub or mix, got 'mul'"),
        ({"layers": 0}, "layers and heads must be at least 1, got 0 and 4"),
        ({"heads": -1}, "layers and heads must be at least 1, got 3 and -1"),
        ({"thousands": 40}, "given together or not at all"),
        ({"seed": 372001}, "given together or not at all"),
        ({"thousands": 40, "seed": 10**6}, "seed must have at most six digits, got 1000000"),
        ({"thousands": 40, "seed": -1}, "seed must have at most six digits, got -1"),
        ({"insert": 4}, "insert must be 1, 2 or 3, got 4"),
    ],
)
def test_an_impossible_name_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        QuantaMathsName(**{"operation": "mix", "digits": 6, "layers": 3, "heads": 4} | changes)


def test_the_architecture_is_the_published_one():
    assert quantamaths("mix_d11_l3_h4") == ModelConfig(
        context=37,
        d_model=510,
        layers=3,
        heads=4,
        d_head=170,
        d_ff=2040,
        dropout=0.0,
        norm="pre",
        activation="relu",
        embedding="learned",
        positions="learned",
        value_periods=(),
        attention="causal",
        head="classes",
        initialisation="scaled",
        zero_output_projections=False,
    )


@pytest.mark.parametrize("question", ["55555+44445=+100000", "133357+182243=+0315600"])
def test_the_context_is_one_whole_question_and_answer(question):
    digits = question.index("+")
    assert quantamaths(f"mix_d{digits}_l1_h1").context == len(question)


def test_the_published_model_has_its_parameters_tensor_by_tensor():
    model = Transformer(quantamaths("mix_d11_l3_h4_t80K_s572091"), QUANTAMATHS_VOCABULARY)
    assert sum(weight.numel() for weight in model.parameters()) == 10_460_625
    shapes = {name: tuple(weight.shape) for name, weight in model.named_parameters()}
    assert shapes["embedding.values.vectors.weight"] == (15, 510)
    assert shapes["embedding.positions.vectors.weight"] == (37, 510)
    assert shapes["blocks.2.attention.qkv.weight"] == (3 * 4 * 170, 510)
    assert shapes["blocks.2.attention.output.weight"] == (510, 4 * 170)
    assert shapes["blocks.2.feed_forward.hidden.weight"] == (2040, 510)
    assert shapes["output.weight"] == (15, 510)
    assert shapes["output.bias"] == (15,)


def test_a_published_name_is_a_preset_that_can_be_changed():
    assert preset("mix_d11_l3_h4_t80K_s572091") == quantamaths("mix_d11_l3_h4")
    assert preset("add_d5_l1_h3", layers=2) == quantamaths("add_d5_l2_h3")
