from django.db import connections

from tests.hosts.employees.peculiar import compiler

ordinary = connections["default"]


class DatabaseOperations(type(ordinary.ops)):
    compiler_module = compiler.__name__


class DatabaseWrapper(type(ordinary)):
    ops_class = DatabaseOperations
