"""Compare the speed of requests with API keys with that of other packages.

    pip install -e ".[bench]"
    python -m benchmarks            # everything; use an idle machine
    python -m benchmarks --quick    # takes under a minute; checks that the benchmarks run
    python -m benchmarks --help

Each contender runs in its own processes, with its own ``INSTALLED_APPS`` and its own database. The
processes take turns in random order, so that other load on the machine affects all of them alike.
In each turn a process also times a view without authentication; the result is the ratio of the two.

`plan.py` defines what is measured, `contenders` the packages, `bench.py` and `serving.py` run the
measurements, in the process and over HTTP, and `report.py` and `chart.py` present the results.
"""
