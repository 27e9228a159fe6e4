"""Where the attacks take place."""

from dataclasses import dataclass
from pathlib import Path

from tests.faults.databases import Database


@dataclass(frozen=True)
class Scene:
    """The database, and a folder for what servers write."""

    database: Database
    folder: Path
