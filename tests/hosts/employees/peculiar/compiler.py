"""A compiler that upper-cases descriptions, so that a test sees that it was asked."""

from django.db.models.sql import compiler


class SQLCompiler(compiler.SQLCompiler):
    def results_iter(self, *args, **kwargs):
        for row in super().results_iter(*args, **kwargs):
            yield [value.upper() if value == "peculiar" else value for value in row]


SQLInsertCompiler = compiler.SQLInsertCompiler
SQLDeleteCompiler = compiler.SQLDeleteCompiler
SQLUpdateCompiler = compiler.SQLUpdateCompiler
SQLAggregateCompiler = compiler.SQLAggregateCompiler
