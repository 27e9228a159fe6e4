"""Nothing that is missing passes for tested."""

import pytest

from tests.requirements import require, require_program


def test_a_part_that_is_here_lets_the_test_run(monkeypatch):
    monkeypatch.setenv("STACK_TEST_REQUIRE", "all")
    require("a part", present=True)
    assert require_program("sh").endswith("sh")


def test_a_missing_part_skips_and_says_which(monkeypatch):
    monkeypatch.delenv("STACK_TEST_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs a part"):
        require("a part", present=False)
    with pytest.raises(pytest.skip.Exception, match="needs no-such-program"):
        require_program("no-such-program")


def test_a_run_that_is_meant_to_be_complete_fails_instead(monkeypatch):
    monkeypatch.setenv("STACK_TEST_REQUIRE", "all")
    with pytest.raises(pytest.fail.Exception, match="needs a part"):
        require("a part", present=False)
