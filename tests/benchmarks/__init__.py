"""How fast a request with a key is, beside every other package that does the same.

    pip install -e ".[bench]"
    python -m tests.benchmarks            # everything; best on a machine that does nothing else
    python -m tests.benchmarks --quick    # under a minute, to see that it works
    python -m tests.benchmarks --help

Each contender runs in processes of its own that have nothing else installed, on a database of its
own. The processes take turns, so that whatever else the machine does hits all of them alike, and
each times a view without any authentication in the same breath. What counts is the ratio of the
two.

`plan.py` says what is measured, `contenders` who takes part, `bench.py` runs it, and
`report.py` and `chart.py` tell the outcome.
"""
