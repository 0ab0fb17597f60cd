"""Only one process at a time works on a database. This lock ensures it, and tells others who holds it.

SQLite: a lock file beside the database, held as long as the process lives. PostgreSQL: a session advisory lock on a
connection of its own. The operating system or the server releases either when the process dies, however it dies.
Commands of the command line need no lock.
"""

from storage.process_lock.holder import Holder
from storage.process_lock.lock import ProcessLock, process_lock

__all__ = ["Holder", "ProcessLock", "process_lock"]
