"""Where this host stores the usage of keys."""

USAGE = "stack_apikeys_usage"


class CountsElsewhere:
    """In a database of its own."""

    reads = writes = "counts"

    def db_for_read(self, model, **hints):
        return self.reads if model._meta.app_label == USAGE else None

    def db_for_write(self, model, **hints):
        return self.writes if model._meta.app_label == USAGE else None

    def allow_migrate(self, db, app_label, **hints):
        return db != "default" if app_label == USAGE else None


class ReadFromAStaleCopy(CountsElsewhere):
    """It is read from another database, which is never brought up to date."""

    reads = "stale"
