"""Where this host's rows are read and written, in the way of Django's manual."""


class ReadFromReplica:
    """Everything is read from another database than it is written to."""

    replica = "replica"

    def db_for_read(self, model, **hints):
        return self.replica

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, obj1, obj2, **hints):
        return True


class ReadPeculiarly(ReadFromReplica):
    """And through a backend of its own."""

    replica = "peculiar"


class StayElsewhere(ReadFromReplica):
    """Everything is read and written in a second database with rows of its own."""

    replica = "elsewhere"

    def db_for_write(self, model, **hints):
        return "elsewhere"
