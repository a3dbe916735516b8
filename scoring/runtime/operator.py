"""Who runs a command, for the audit trail."""

import os
import pwd

from scoring.base.identifiers import Clock
from scoring.store.audit import Action, Mark, Who, a_mark


def operator(lender_id: str | None = None) -> Who:
    """The user of the operating system, as the system knows it: variables of the environment can say anything."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # containers often run as a number alone
        name = f"uid {number}"
    return Who(lender_id=lender_id, actor=name[:64])


def operators_mark(action: Action, clock: Clock, lender_id: str | None = None) -> Mark:
    """A row of the audit trail for what a command does."""
    return a_mark(operator(lender_id), action, now=clock(), randomness=os.urandom)
