"""An optional app that counts how often each API key is used and refused.

Add ``"stack_apikeys.usage"`` to ``INSTALLED_APPS`` and run ``migrate``. Verification then reports
each use by a signal, and the app counts it in memory. It writes the counts after responses, at most
once a minute in each process, and never to the tables that verification reads.
"""
