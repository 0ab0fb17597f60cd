"""One process at a time works on a database; this is how it makes sure, and how others learn who it is.

SQLite: a lock file beside the database, held as long as the process lives. PostgreSQL: a session advisory lock on a
connection of its own. The operating system or the server gives either back when the process dies, however it dies.
Commands that only look or keep books need no lock.
"""

from storage.process_lock.holder import Holder
from storage.process_lock.lock import ProcessLock, process_lock

__all__ = ["Holder", "ProcessLock", "process_lock"]
