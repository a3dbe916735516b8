"""The command line: ``python -m scoring --help``.

Exit status 2 says that a command was not understood or cannot be done, 1 that a check found a difference.
"""

import gc
import os
import sys

from cyclopts import App

# One application is too small to share between threads: handing its pieces over costs more than it saves. Applications
# run side by side in worker threads instead. polars reads this once, when it is imported.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
# ... and to share out the groups of a few thousand rows takes several times as long as to add them up.
os.environ.setdefault("POLARS_NO_PARTITION", "1")
# What is imported stays: looking for garbage among it costs a tenth of the start. Commands switch it on again.
gc.disable()

app = App(
    name="python -m scoring",
    help="Decides on loans to small firms from their sevdesk books. Settings come from SCORING_* variables. "
    "Exit status: 0 done, 1 a check found a difference, 2 not understood or cannot be done.",
    version_flags=(),
)
# named as text, so that a command starts in the time of what it imports itself
app.command("scoring.commands.serve:serve", name="serve", help="Serve the HTTP interface.")
app.command("scoring.commands.keys:app", name="keys", help="Add, list and revoke API keys of lenders.")
app.command(
    "scoring.commands.principals:app", name="principals", help="Add, list and disable persons who sign in to pages."
)
app.command(
    "scoring.commands.stored:replay",
    name="replay",
    help="Make a stored decision again and compare it bit for bit.\n\n"
    "Exit status: 0 everything agrees, 1 something differs, 2 it cannot be made again.",
)
app.command(
    "scoring.commands.stored:export",
    name="export",
    help="Write the kept snapshots as a dataset folder.\n\n"
    "Exit status: 0 everything was read, 1 a damaged decision was left out (standard error names it), 2 nothing was "
    "written.",
)
app.command("scoring.commands.stored:app", name="snapshots", help="Delete snapshots whose retention has ended.")
app.command(
    "scoring.commands.contacts:contacts",
    name="contacts",
    help="Print a firm's customers and suppliers, where it has agreed to that.",
)
app.command(
    "scoring.commands.writeback:writeback",
    name="writeback",
    help="Book a granted loan's fee document into the borrower's books, once and after asking.\n\n"
    "An expense without VAT, as a draft unless told otherwise. Shows what would be written, asks, writes, and reads it "
    "again. The firm must have agreed to this entry: its connection has the purpose write_back, and you are asked.\n\n"
    "Exit status: 0 written and confirmed, or a dry run; 1 something was sent and is not confirmed, standard error says"
    " what; 2 nothing was written.",
)
app.command("scoring.commands.documents:docs", name="docs", help="Write the generated documents, or check them.")

if __name__ == "__main__":
    try:
        app()
    except OSError as error:  # a folder or file that cannot be read or written
        place = f"{error.filename} cannot be used: " if error.filename else ""
        sys.stderr.write(f"scoring: {place}{error.strerror or error}\n")
        sys.exit(2)
