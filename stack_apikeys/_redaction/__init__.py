"""Keep secrets out of logs, error reports and URLs."""
