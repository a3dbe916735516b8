"""The command line: ``python -m scoring --help``.

Exit status: 0 success, 1 a check found a difference, 2 invalid usage or the command cannot run.
"""

import gc
import os
import sys

from cyclopts import App

# One application is too small to split across threads: the overhead exceeds the gain. Applications run in parallel in
# worker threads instead. polars reads this variable once, at import.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
# Partitioning groups of a few thousand rows takes several times as long as aggregating them.
os.environ.setdefault("POLARS_NO_PARTITION", "1")
# Where memory is short, polars would write frames to /var/tmp: books in the clear on a disk, and an error where that is
# read-only. No frame is as large as this, so none is written.
os.environ.setdefault("POLARS_OOC_SPILL_MIN_BYTES", str(10**15))
# Garbage collection during imports costs a tenth of the start-up time. Commands enable it again.
gc.disable()

app = App(
    name="python -m scoring",
    help="Decides on loans to small firms from their sevdesk books. Settings come from SCORING_* variables. "
    "Exit status: 0 success, 1 a check found a difference, 2 invalid usage or the command cannot run.",
    version_flags=(),
)
# registered by name, so that each command imports only what it needs
app.command("scoring.commands.serve:serve", name="serve", help="Start the HTTP service.")
app.command(
    "scoring.commands.database:migrate",
    name="migrate",
    help="Bring the schema of the database up to date.\n\n"
    "Exit status: 0 the schema is current, 1 it has to be migrated (with --check), 2 it cannot be used.",
)
app.command(
    "scoring.commands.database:backup",
    name="backup",
    help="Copy a SQLite database while services use it. Only its owner can read the copy.",
)
app.command(
    "scoring.commands.verify:verify",
    name="verify",
    help="Prove that what is stored is what was signed, or one receipt, or one dossier.\n\n"
    "Exit status: 0 all is as it was signed, 1 something is not (it is named), 2 it cannot be verified.",
)
app.command(
    "scoring.commands.verify:checkpoint",
    name="checkpoint",
    help="Print a signed line that names the end of every chain now, to be kept outside of the database.",
)
app.command(
    "scoring.commands.keys:app",
    name="keys",
    help="Add, list and revoke API keys of lenders; rotate the encryption key of stored data.",
)
app.command(
    "scoring.commands.schedules:app",
    name="schedules",
    help="What the service does by itself: list it, show its runs, run it now.",
)
app.command(
    "scoring.commands.models:app",
    name="models",
    help="Request the promotion of a registered model, try one on what was decided, list promotions.",
)
app.command(
    "scoring.commands.watch:watch",
    name="watch",
    help="Compare the firms that apply with those that the model learned from, and its probabilities with what came "
    "true.\n\nExit status: 0 nothing to tell, 3 something has moved (it is named), 2 nothing to watch.",
)
app.command(
    "scoring.commands.policy:app",
    name="policy",
    help="Check a policy file, try a policy or model on what was decided, request its promotion.",
)
app.command(
    "scoring.commands.promotions:app",
    name="promotions",
    help="List requests to put a policy or a model in force; approve, reject or withdraw them; roll back.",
)
app.command(
    "scoring.commands.principals:app",
    name="principals",
    help="Add, list, enable and disable users of the web pages; set passwords, reset second factors.",
)
app.command(
    "scoring.commands.stored:replay",
    name="replay",
    help="Reproduce a stored decision and compare it bit for bit.\n\n"
    "Exit status: 0 identical, 1 different, 2 it cannot be reproduced.",
)
app.command(
    "scoring.commands.dossier:dossier",
    name="dossier",
    help="Write everything about a decision into one folder that can be checked without the database.\n\n"
    "Exit status: 0 written, 2 nothing was written.",
)
app.command(
    "scoring.commands.stored:export",
    name="export",
    help="Export the stored snapshots as a dataset folder.\n\n"
    "Exit status: 0 everything was exported, 1 a damaged decision was skipped (standard error names it), 2 nothing was "
    "written.",
)
app.command("scoring.commands.retain:app", name="snapshots", help="Delete snapshots whose retention period has ended.")
app.command(
    "scoring.commands.loans:app",
    name="loans",
    help="Loans of a lender and what became of them, from CSV and as CSV.",
)
app.command(
    "scoring.commands.retain:retain",
    name="retain",
    help="Delete what has been kept for as long as the settings say, and complete erasures whose holds have ended.\n\n"
    "Prints how many of each kind went: erasures (completed), snapshots (the stored books of decisions), "
    "shadow_scores (what a model in the shadow made of them), monitoring_without_loan (ended), "
    "observation_books (the same of monitored borrowers), "
    "observations and monitoring (what was observed, and of whom), decisions "
    "(records that become tombstones; day, verdict and score stay), connections (tokens that nobody used), consents, "
    "links (without a consent), idempotency (keys of requests), jobs (later decisions that have ended), portfolios "
    "(whose rows are gone), events (with what came of their webhooks), webhooks (deleted ones), requests (of data "
    "subjects), holds (released), audit (rows of the trail), borrowers (references and keys of whom nothing else is "
    "kept).",
)
app.command(
    "scoring.commands.subject:app",
    name="subject",
    help="Answer data subjects: show, export, restrict and erase what is stored about a borrower.",
)
app.command(
    "scoring.commands.audit:audit",
    name="audit",
    help="Print who did what, newest first: a table on a terminal, else CSV.",
)
app.command(
    "scoring.commands.report:app",
    name="report",
    help="Report on people's decisions: what is referred, how it ends, how long it takes, how votes are given. "
    "Figures of single persons are not in it. `report stacking` tells what borrowers owe elsewhere.",
)
app.command(
    "scoring.commands.jobs:app",
    name="jobs",
    help="Later decisions: list, show, retry and cancel them.",
)
app.command(
    "scoring.commands.covenants:app",
    name="covenants",
    help="Covenants of loans: list and show them, waive and end them.",
)
app.command(
    "scoring.commands.warnings:app",
    name="warnings",
    help="Early warnings of monitored borrowers: list and show them, assign, snooze and answer them.",
)
app.command(
    "scoring.commands.webhooks:app",
    name="webhooks",
    help="Webhooks of lenders: list, show, enable and disable them, and have events sent again.",
)
app.command(
    "scoring.commands.monitoring:app",
    name="monitoring",
    help="Monitored borrowers: list and show them, read their books now, stop it.",
)
app.command(
    "scoring.commands.portfolio:app",
    name="portfolio",
    help="Decide on thousands of applications as one batch. Every `serve` on the same database works on it.",
)
app.command(
    "scoring.commands.suspicion:app",
    name="suspicion",
    help="Suspicion reports under § 43 GwG, in a database of their own.",
)
app.command(
    "scoring.commands.contacts:contacts",
    name="contacts",
    help="List a firm's customers and suppliers, with its consent.",
)
app.command(
    "scoring.commands.writeback:writeback",
    name="writeback",
    help="Enter the fee document of a granted loan in the borrower's books, once and after confirmation.\n\n"
    "It is an expense without VAT, and a draft unless --open is given. The command shows what it would write, asks for "
    "confirmation, writes, and verifies the result. The firm must have consented to this entry, and its connection "
    "must have the purpose write_back.\n\n"
    "Exit status: 0 written and confirmed, or a dry run; 1 something was sent but not confirmed (see standard error); "
    "2 nothing was written.",
)
app.command(
    "scoring.commands.documents:docs",
    name="docs",
    help="Generate the reference documents, or check that they are current.",
)

if __name__ == "__main__":
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader closed the pipe, as in "subject show | head"; what was done is done
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # a folder or file that cannot be read or written
        place = f"{error.filename} cannot be used: " if error.filename else ""
        sys.stderr.write(f"scoring: {place}{error.strerror or error}\n")
        sys.exit(2)
