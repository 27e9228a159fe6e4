"""Text in either writing direction does not change the order of the sentence around it."""

import unicodedata

import pytest

from stack_apikeys.bidi import isolate, isolate_html, isolate_left_to_right

CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    "text", ["CI", "", "مفتاح الخادم", "C++ \u200f(قديم)", "a\u200eb", "漢字 🔑"]
)
def test_text_is_put_between_the_ends_of_an_isolate_and_kept(text):
    assert isolate(text) == f"\u2068{text}\u2069"


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_in_the_text_does_not_reach_what_follows(control):
    assert isolate(f"be{control}fore") == "\u2068before\u2069"


def test_the_ends_of_the_isolate_are_the_only_controls():
    isolated = isolate(f"{CONTROLS}evil{CONTROLS[::-1]}")
    assert [each for each in isolated if each in CONTROLS] == ["\u2068", "\u2069"]


def test_text_that_is_isolated_twice_is_isolated_once():
    assert isolate(isolate("CI")) == isolate("CI")


def test_a_line_break_which_would_end_the_isolate_becomes_a_space():
    paragraph_ends = [
        chr(code) for code in range(0x3000) if unicodedata.bidirectional(chr(code)) == "B"
    ]
    assert {"\n", "\r", "\u2029"} <= {*paragraph_ends}
    for end in paragraph_ends:
        assert isolate(f"first{end}second") == "\u2068first second\u2069"


def test_in_html_the_text_is_escaped_and_its_controls_are_removed():
    assert isolate_html("a\u2069\u202e\u2029<b>") == '<bdi dir="auto">a &lt;b&gt;</bdi>'


def test_a_network_is_read_from_left_to_right_in_any_sentence():
    assert isolate_left_to_right("192.0.2.0/24") == "\u2066192.0.2.0/24\u2069"
    assert isolate_left_to_right("a\u202eb\u2069c") == "\u2066abc\u2069"
