"""What happens on the day."""

REFUSED = 0.01
"""The share of requests with something that is to be refused."""

ENDED_BEFORE = 500
"""The number of revoked keys, and of expired ones, that refused requests carry."""

EACH_MINUTE = {"revoke": 50, "create": 20, "rotate": 10}
"""The numbers of changes to keys in a minute."""
