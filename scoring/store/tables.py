"""The tables: SQLAlchemy Core, no statement or type that only one database knows.

Everything a lender owns carries ``lender_id``. Instants are UTC text in ISO 8601 with milliseconds, which sorts.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

HEAD = "0033"
"""The newest migration; a test compares it with the folder."""
FLOOR = "0010"
"""The oldest schema whose version of the service can work on this one: all migrations since then only add something."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

INSTANT = String(24)

schema_version = Table("schema_version", metadata, Column("version_num", String(32), primary_key=True))
required_schema = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""See ``scoring.store.schema``."""

principals = Table(
    "principals",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("kind", String(8), nullable=False),  # person or system
    Column("name", String(120), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    UniqueConstraint("lender_id", "name"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("prefix", String(16), primary_key=True),  # finds the row; the rest of the key is only here as a digest
    Column("principal_id", ForeignKey("principals.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("roles", String(120), nullable=False),  # names joined by commas
    Column("created_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    Column("quota", String(24)),  # such as 10000/day; null for none
    Column("quota_used", Integer, nullable=False, server_default="0"),  # decisions since quota_from
    Column("quota_from", INSTANT),  # beginning of the window that is counted
)

persons = Table(
    "persons",
    metadata,
    Column("principal_id", ForeignKey("principals.id"), primary_key=True),  # a principal of kind person
    Column("roles", String(120), nullable=False),  # on pages; names joined by commas
    Column("password_hash", String(200), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("disabled_at", INSTANT),
)

page_sessions = Table(
    "page_sessions",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the secret in the cookie, which is stored nowhere
    Column("principal_id", ForeignKey("persons.principal_id"), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),  # whatever is done until then
    Column("lacks", String(8)),  # what is still missing before pages open: code or set-up; else empty
    Index("ix_page_sessions_principal_id", "principal_id"),
)

known_devices = Table(
    "known_devices",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the secret in the cookie, or in the link
    Column("principal_id", ForeignKey("persons.principal_id"), primary_key=True),  # a browser may have several
    Column("is_link", Boolean, nullable=False),  # not taken up by a browser yet
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Index("ix_known_devices_principal_id", "principal_id"),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("principal_id", ForeignKey("persons.principal_id"), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the secret that the authenticator app has, too
    Column("last_step", BigInteger, nullable=False),  # no code of this time step or an earlier one is taken
    Column("created_at", INSTANT, nullable=False),
    Index("ix_second_factors_key_id", "key_id"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("principal_id", ForeignKey("second_factors.principal_id"), primary_key=True),
    Column("sha256", String(64), primary_key=True),  # gone once it was used
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name_sha256", String(64), nullable=False),  # of lender and name as they were typed
    Column("address_sha256", String(64), nullable=False),
    Column("device_sha256", String(64)),  # of a known device, which is counted for itself alone
    Column("failed_at", INSTANT, nullable=False),  # forgotten after an hour
    Index("ix_sign_in_failures_name_sha256", "name_sha256"),
    Index("ix_sign_in_failures_address_sha256", "address_sha256"),
    Index("ix_sign_in_failures_failed_at", "failed_at"),
)

borrowers = Table(
    "borrowers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_ref", String(120)),  # emptied on erasure
    Column("key_id", String(32)),
    Column("sealed_key", LargeBinary),  # key of the borrower's hashes and digests; destroyed on erasure
    Column("created_at", INSTANT, nullable=False),
    Column("restricted_at", INSTANT),  # nothing may be done with its data but keeping them; Art. 18 GDPR
    Column("erased_at", INSTANT),
    UniqueConstraint("lender_id", "borrower_ref"),
    Index("ix_borrowers_key_id", "key_id"),
)

connections = Table(
    "connections",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("sealed_token", LargeBinary, nullable=False),
    Column("status", String(16), nullable=False),  # working, rejected
    Column("created_at", INSTANT, nullable=False),
    Column("checked_at", INSTANT, nullable=False),
    Column("purposes", String(120), nullable=False, server_default="decision"),  # names joined by commas
    Column("source", String(32), nullable=False, server_default="sevdesk"),  # where the books are
    Column("sealed_holder", LargeBinary),  # whose account it is, with a key of the borrower; null where not confirmed
    Index("ix_connections_lender_id", "lender_id", "id"),
    Index("ix_connections_key_id", "key_id"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("record", LargeBinary, nullable=False),  # the canonical bytes, exactly as encoded
    Column("sha256", String(64), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("recommendation", String(8), nullable=False),
    Column("score", Float),
    Column("salt", LargeBinary),  # of the digests in its statement; null until a version from 0.6 on has signed it
    Column("erased_at", INSTANT),  # the record is a tombstone since
    Index("ix_decisions_lender_id", "lender_id", "id"),
    Index("ix_decisions_borrower_id", "borrower_id"),
    Index("ix_decisions_unsigned", "id", sqlite_where=text("salt IS NULL"), postgresql_where=text("salt IS NULL")),
)

chains = Table(
    "chains",
    metadata,
    Column("lender_id", String(64), primary_key=True),  # empty for the operator
    Column("number", BigInteger, nullable=False),  # of the newest statement
    Column("head", String(64), nullable=False),  # its SHA-256
)

statements = Table(
    "statements",
    metadata,
    Column("lender_id", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("object_id", String(80), nullable=False),
    Column("signed", Text, nullable=False),  # compact JWS, exactly as signed
    Column("sha256", String(64), nullable=False),  # of it
    Index("ix_statements_object_id", "lender_id", "object_id"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("decision_id", ForeignKey("decisions.id"), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the bytes before encryption
    Column("expires_at", INSTANT, nullable=False),
    Index("ix_snapshots_expires_at", "expires_at"),
    Index("ix_snapshots_key_id", "key_id"),
)

document_numbers = Table(
    "document_numbers",
    metadata,
    Column("decision_id", ForeignKey("decisions.id"), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # with a key of the borrower, which erasure destroys
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("lender_id", String(64), primary_key=True),
    Column("idempotency_key", String(80), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("attempt", String(40), nullable=False),  # who holds the reservation
    Column("reserved_at", INSTANT, nullable=False),
    Column("decision_id", ForeignKey("decisions.id")),  # null while the decision is being made
)

write_backs = Table(
    "write_backs",
    metadata,
    Column("decision_id", ForeignKey("decisions.id"), primary_key=True),  # so there is one run at most
    Column("lender_id", String(64), nullable=False),
    Column("attempt", String(40), nullable=False),  # who has the turn
    Column("begun_at", INSTANT, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the content
    Column("version", String(64), nullable=False),  # as the content says; it stands for one text
    Column("content", LargeBinary, nullable=False),  # the bytes of the file
    Column("first_seen_at", INSTANT, nullable=False),
    UniqueConstraint("version"),
)

bank_rules = Table(
    "bank_rules",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the content
    Column("version", String(64), nullable=False),  # as the content says; it stands for one text
    Column("content", LargeBinary, nullable=False),  # the bytes of the file
    Column("first_seen_at", INSTANT, nullable=False),
    UniqueConstraint("version"),
)

authority_files = Table(
    "authority_files",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the content
    Column("version", String(64), nullable=False),  # as the content says; it stands for one text
    Column("content", LargeBinary, nullable=False),  # the bytes of the file
    Column("first_seen_at", INSTANT, nullable=False),
    UniqueConstraint("version"),
)

works_agreements = Table(
    "works_agreements",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the content
    Column("version", String(64), nullable=False),  # as the content says; it stands for one text
    Column("content", LargeBinary, nullable=False),  # the bytes of the file
    Column("first_seen_at", INSTANT, nullable=False),
    UniqueConstraint("version"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("number", Integer, nullable=False),  # of the newest step; all else but the salt follows from the steps
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),  # the newest
    Column("state", String(16), nullable=False),  # open, waiting, second_vote, decided, withdrawn
    Column("expires_on", Date),  # the last day before it expires; null for what does not
    Column("product", String(64), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),  # asked for
    Column("verdict", String(8)),  # of the resolution, as the next two
    Column("approved_cents", BigInteger),
    Column("by_person", Boolean),
    Column("claimed_by", String(40)),
    Column("assigned_to", String(40)),
    Column("opened_at", INSTANT, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
    Column("due_at", INSTANT, nullable=False),
    Column("salt", LargeBinary, nullable=False),  # of the digests of its steps in statements
    Index("ix_cases_lender_id", "lender_id", "id"),
    Index("ix_cases_borrower_id", "borrower_id"),
    Index("ix_cases_due_at", "lender_id", "state", "due_at"),
)

case_steps = Table(
    "case_steps",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("lender_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("principal_id", String(40)),  # no reference: a step outlives who took it; null where the service did
    Column("facts", Text, nullable=False),  # JSON of codes and numbers
    Column("text", LargeBinary),  # what somebody wrote, with a key of the borrower, which erasure destroys
    Column("text_sha256", String(64)),  # of the encrypted text; it stays
    Column("decision_id", ForeignKey("decisions.id")),  # that the step brought into the case
    UniqueConstraint("decision_id"),  # a decision is in one case
)

applicant_links = Table(
    "applicant_links",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # inquiry, contest
    Column("secret_sha256", String(64), nullable=False),  # the secret itself is only in the link
    Column("lender_name", String(120), nullable=False),
    Column("privacy_url", String(2048), nullable=False),
    Column("privacy_email", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("items", LargeBinary),  # what is asked for, with a key of the borrower; null in a contest
    Column("decides_again", Boolean, nullable=False),  # by itself, once the applicant has answered
    Column("asked_by", String(40)),  # no reference: a link outlives who made it
    Column("status", String(16), nullable=False),  # open, used, cancelled; expired follows from the clock
    Column("sent_sha256", String(64)),  # of the form that was sent: once more the same is a repetition
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("connect_session_id", String(40)),  # no reference: with which the applicant connects an account
    UniqueConstraint("secret_sha256"),
    Index("ix_applicant_links_case_id", "case_id"),
    Index("ix_applicant_links_borrower_id", "borrower_id"),
)

case_documents = Table(
    "case_documents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("step", Integer, nullable=False),  # that put it into the case; type, size and digest stand there
    Column("name", LargeBinary, nullable=False),  # as the sender has it, with a key of the borrower
    Column("content", LargeBinary, nullable=False),  # with the same
    Index("ix_case_documents_case_id", "case_id"),
    Index("ix_case_documents_borrower_id", "borrower_id"),
)

line_corrections = Table(
    "line_corrections",
    metadata,
    Column("number", Integer, primary_key=True),  # rising: the highest of a line counts
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),  # with whom they are erased
    Column("source", String(32), nullable=False),  # where the line is
    Column("line_id", String(64), nullable=False),  # there; its text is stored nowhere
    Column("category", String(32), nullable=False),
    Column("principal_id", ForeignKey("principals.id"), nullable=False),  # who said so
    Column("created_at", INSTANT, nullable=False),
    Index("ix_line_corrections_borrower_id", "borrower_id"),
)

connect_sessions = Table(
    "connect_sessions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("secret_sha256", String(64), nullable=False),  # the secret itself is only in the link
    Column("return_url", String(2048), nullable=False),
    Column("lender_name", String(120), nullable=False),
    Column("privacy_url", String(2048), nullable=False),
    Column("privacy_email", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("purposes", String(120), nullable=False),  # names joined by commas
    Column("status", String(16), nullable=False),  # open, completed, cancelled, failed; expired follows from the clock
    Column("tries", Integer, nullable=False),  # how often sevdesk was asked about a token
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("connection_id", String(40)),  # no reference: it stays when the token is forgotten
    UniqueConstraint("secret_sha256"),
    UniqueConstraint("connection_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("connect_session_id", ForeignKey("connect_sessions.id"), primary_key=True),  # so there is one at most
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("connection_id", String(40), nullable=False),  # no reference: consent is proved after the token is forgotten
    Column("language", String(2), nullable=False),
    Column("purposes", String(120), nullable=False),
    Column("text_version", String(16), nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("text", Text, nullable=False),  # the very words that were shown
    Column("given_at", INSTANT, nullable=False),
    Column("withdrawn_at", INSTANT),  # by the firm, wholly; a purpose alone is withdrawn from the connection
    Column("reads", String(240)),  # resources that the text names as read, joined by commas; null before version 14
)

key_canaries = Table(
    "key_canaries",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # what only the key of this id can open
    Column("created_at", INSTANT, nullable=False),
)

processes = Table(
    "processes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key_ids", Text, nullable=False),  # of all its keys, joined by commas
    Column("encrypts_with", String(32), nullable=False),
    Column("seen_at", INSTANT, nullable=False),  # it lives as long as this is not long ago
)

pulse = Table(
    "pulse",
    metadata,
    Column("id", Integer, primary_key=True),  # one row
    Column("count", BigInteger, nullable=False),  # grows whenever readiness proves that the database takes writes
)

audit = Table(
    "audit",
    metadata,
    Column("id", String(40), primary_key=True),  # rising with time
    Column("lender_id", String(64)),  # null where an action concerns the whole installation
    Column("at", INSTANT, nullable=False),
    Column("principal_id", String(40)),  # no reference: the trail outlives what it tells of
    Column("actor", String(64)),  # where no principal acted: a user of the operating system, or the firm
    Column("action", String(32), nullable=False),
    Column("object", String(80)),  # an identifier, or two of a page of a list with dots between
    Column("borrower_id", String(40)),
    Column("address", String(64)),  # network address of the caller
    Column("request_id", String(64)),
    Index("ix_audit_lender_id", "lender_id", "id"),
    Index("ix_audit_borrower_id", "borrower_id"),
)

subject_requests = Table(
    "subject_requests",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # access, erasure, restriction
    Column("state", String(16), nullable=False),  # open, restricted (erasure waits for holds), done, refused
    Column("received_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("extended_for", String(16)),  # why two more months are needed
    Column("identity_check", String(24)),  # how it was proved who asks
    Column("identity_checked_by", String(80)),
    Column("refused_for", String(24)),
    Column("recorded_at", INSTANT, nullable=False),
    Column("recorded_by", String(80), nullable=False),  # a principal, or a user of the operating system
    Column("ended_at", INSTANT),
    Column("outcome", Text),  # JSON of counts and codes
    Index("ix_subject_requests_lender_id", "lender_id", "id"),
    Index("ix_subject_requests_borrower_id", "borrower_id"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("until", Date),  # the last day; null until it is released
    Column("set_at", INSTANT, nullable=False),
    Column("set_by", String(80), nullable=False),
    Column("released_at", INSTANT),
    Column("released_by", String(80)),
    Index("ix_holds_borrower_id", "borrower_id"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),  # with which it is deleted
    Column("format", String(8), nullable=False),  # html, pdf
    Column("language", String(2), nullable=False),
    Column("texts", String(16), nullable=False),  # version of its words
    Column("basis", String(64), nullable=False),  # digest of the facts that it says: others need another notice
    Column("sealed", LargeBinary, nullable=False),  # its bytes, with a key of the borrower, which erasure destroys
    Column("sha256", String(64), nullable=False),  # of the bytes before encryption
    Column("salt", LargeBinary, nullable=False),  # of its digest in the statement
    Column("issued_at", INSTANT, nullable=False),
    Column("issued_by", String(80), nullable=False),  # a principal
    Index("ix_notices_decision_id", "decision_id"),
    Index("ix_notices_borrower_id", "borrower_id"),
)

loans = Table(
    "loans",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),  # one loan at most
    Column("loan_ref", String(120), nullable=False),  # the lender's own
    Column("created_at", INSTANT, nullable=False),
    Column("closed_on", Date),  # follows from the entries; null while something may still come
    UniqueConstraint("lender_id", "loan_ref"),
    UniqueConstraint("decision_id"),
    Index("ix_loans_lender_id", "lender_id", "id"),
    Index("ix_loans_borrower_id", "borrower_id"),
)

loan_entries = Table(
    "loan_entries",
    metadata,
    Column("loan_id", ForeignKey("loans.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, in the order of entering
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("entry_ref", String(120), nullable=False),  # the lender's own
    Column("content", LargeBinary, nullable=False),  # amounts, days and codes; never changed
    Column("salt", LargeBinary, nullable=False),  # of its digest in the statement
    Column("sealed", LargeBinary),  # what proves it, in the words of who entered it; with a key of the borrower
    Column("recorded_at", INSTANT, nullable=False),
    Column("recorded_by", String(80), nullable=False),  # a principal, or a user of the operating system
    UniqueConstraint("loan_id", "entry_ref"),
    Index("ix_loan_entries_borrower_id", "borrower_id"),
)

written_documents = Table(
    "written_documents",
    metadata,
    Column("lender_id", String(64), primary_key=True),
    Column("source", String(32), primary_key=True),  # in whose books
    Column("document_id", String(64), primary_key=True),  # there
    Column("borrower_id", ForeignKey("borrowers.id"), primary_key=True),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),  # as written; a document that was changed is the firm's own
    Column("written_at", INSTANT, nullable=False),
    Index("ix_written_documents_borrower_id", "borrower_id"),
    Index("ix_written_documents_decision_id", "decision_id"),
)

promotions = Table(
    "promotions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(8), nullable=False),  # policy or model
    Column("name", String(80), nullable=False),  # version of a policy, or NAME/VERSION of a model
    Column("sha256", String(64), nullable=False),  # of the text, or of the model's manifest
    Column("lender_id", String(64)),  # whose policy it is to be; null where it is for all
    Column("open_for", String(100)),  # what it would take the place of; null once it has ended
    Column("state", String(12), nullable=False),  # expired follows from the clock
    Column("content", LargeBinary),  # the policy's text; null for a model
    Column("evidence", LargeBinary, nullable=False),  # what was found when it was requested
    Column("requested_at", INSTANT, nullable=False),
    Column("requested_by", String(40), nullable=False),  # no reference: it outlives what it tells of
    Column("requester", String(120), nullable=False),  # by name
    Column("reason", Text, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("ended_by", String(40)),  # null where a newer request took its place
    Column("ender", String(120)),
    Column("end_reason", Text),
    Column("undone_at", INSTANT),  # of what was approved and rolled back, as the next three
    Column("undone_by", String(40)),
    Column("undoer", String(120)),
    Column("undo_reason", Text),
    UniqueConstraint("open_for"),
)

shadow_scores = Table(
    "shadow_scores",
    metadata,
    Column("decision_id", ForeignKey("decisions.id"), primary_key=True),  # with which it is deleted
    Column("model", String(80), primary_key=True),  # name and version
    Column("lender_id", String(64), nullable=False),
    Column("model_sha256", String(64), nullable=False),
    Column("pair", Text),  # JSON: the decision as it was made and with this model; null where it could not be compared
    Column("left_out", Text),  # why not
    Column("scored_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Index("ix_shadow_scores_expires_at", "expires_at"),
)

guarantors = Table(
    "guarantors",
    metadata,
    Column("id", ForeignKey("borrowers.id"), primary_key=True),  # a data subject with a key of its own
    Column("lender_id", String(64), nullable=False),
    Column("case_id", String(40), nullable=False),  # of the loan that is guaranteed; it may be gone before
    Column("named_at", INSTANT, nullable=False),
    Column("released_at", INSTANT),
    Column("sealed", LargeBinary),  # who it is; with a key of the guarantor
    Index("ix_guarantors_lender_id", "lender_id", "case_id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("principal_id", String(40)),  # who asked, as the three next: for the audit trail and the quota
    Column("address", String(64)),
    Column("request_id", String(64)),
    Column("quota_prefix", String(16)),  # of the API key, with a quota or without
    Column("idempotency_key", String(80)),  # null without one, and once the key is free again
    Column("body_sha256", String(64), nullable=False),  # with a key of the borrower
    Column("state", String(16), nullable=False),
    Column("attempt", String(40)),  # of the worker that has it, or had it last
    Column("tries", Integer, nullable=False),
    Column("due_at", INSTANT, nullable=False),  # when a worker may take it; of a running one, when its lease ends
    Column("created_at", INSTANT, nullable=False),
    Column("started_at", INSTANT),
    Column("ended_at", INSTANT),
    Column("expires_at", INSTANT, nullable=False),
    Column("has_credential", Boolean, nullable=False),  # whether the application has a token of its own
    Column("key_id", String(64)),
    Column("sealed", LargeBinary),  # the application as it was sent; null once nothing needs it
    Column("decision_id", String(40)),
    Column("problem", Text),  # JSON: what POST would have answered
    Column("portfolio_id", String(40)),  # of a row of a portfolio, as all below; who asked is in the portfolio
    Column("line", Integer),  # of the file, from 1
    Column("row_key", String(80)),  # the idempotency key that the file gives the row
    Column("account", String(64)),  # digest of what opens the books; null once nothing needs it
    Column("outcome", Text),  # JSON: what of the decision a summary counts
    Column("before", Text),  # JSON: the same of the borrower's decision before the portfolio
    UniqueConstraint("lender_id", "idempotency_key"),
    Index("ix_jobs_state", "state", "due_at"),
    Index("ix_jobs_borrower_id", "borrower_id"),
    Index("ix_jobs_portfolio_id", "portfolio_id", "state", "line"),
    Index("ix_jobs_line", "portfolio_id", "line", unique=True),
    Index(
        "ix_jobs_kept",
        "expires_at",
        sqlite_where=text("sealed IS NOT NULL"),
        postgresql_where=text("sealed IS NOT NULL"),
    ),
)

portfolios = Table(
    "portfolios",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("principal_id", String(40)),  # who asked, as the four next
    Column("actor", String(64)),
    Column("address", String(64)),
    Column("request_id", String(64)),
    Column("key_prefix", String(16)),
    Column("idempotency_key", String(80)),
    # of the file: no row can be guessed from it, since each has a token or the identifier of a connection
    Column("body_sha256", String(64), nullable=False),
    Column("name", String(120)),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False),  # among the lender's own
    Column("rows", Integer, nullable=False),  # of the file; 0 until all are stored
    Column("created_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("expires_at", INSTANT, nullable=False),
    Column("rests_until", INSTANT),  # because the quota of the key is used up
    UniqueConstraint("lender_id", "idempotency_key"),
    Index("ix_portfolios_state", "state"),
)

portfolio_faults = Table(
    "portfolio_faults",
    metadata,
    Column("portfolio_id", ForeignKey("portfolios.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("borrower_id", ForeignKey("borrowers.id")),  # null where the line does not say whom it is about
    Column("problem", Text, nullable=False),  # JSON: what POST would have answered; nothing that the line says
    Index("ix_portfolio_faults_borrower_id", "borrower_id"),
)

monitoring_subscriptions = Table(
    "monitoring_subscriptions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("connection_id", String(40), nullable=False),  # by which the books are read; it may be gone
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),  # that is watched
    Column("account", String(64), nullable=False),  # as in jobs
    Column("state", String(12), nullable=False),
    Column("cause", String(40)),  # why it is paused or has ended
    Column("attempt", String(40)),  # of the worker that observes; null where none does
    Column("tries", Integer, nullable=False),  # begun since the last observation
    Column("due_at", INSTANT, nullable=False),  # when a worker may take it; of one that is taken, when its lease ends
    Column("observed_at", INSTANT),  # the newest observation
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", String(80), nullable=False),  # a principal, or an operator
    Column("ended_at", INSTANT),
    Index("ix_monitoring_subscriptions_state", "state", "due_at"),
    Index("ix_monitoring_subscriptions_lender_id", "lender_id", "id"),
    Index("ix_monitoring_subscriptions_borrower_id", "borrower_id"),
    Index("ix_monitoring_subscriptions_connection_id", "connection_id"),
)

observations = Table(
    "observations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("subscription_id", ForeignKey("monitoring_subscriptions.id"), nullable=False),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),  # that it is compared with
    Column("previous_id", String(40)),  # the observation before; null for the first
    Column("created_at", INSTANT, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("recommendation", String(8), nullable=False),
    Column("score", Float),
    Column("grade", String(64)),
    Column("sealed", LargeBinary, nullable=False),  # the record, with a key of the borrower, as the two next
    Column("particulars", LargeBinary, nullable=False),
    Column("books", LargeBinary),  # the snapshot; null once its time is over
    Column("books_expire_at", INSTANT, nullable=False),
    Index("ix_observations_lender_id", "lender_id", "id"),
    Index("ix_observations_borrower_id", "borrower_id"),
    Index("ix_observations_subscription_id", "subscription_id", "id"),
    Index(
        "ix_observations_books",
        "books_expire_at",
        sqlite_where=text("books IS NOT NULL"),
        postgresql_where=text("books IS NOT NULL"),
    ),
)

warnings = Table(
    "warnings",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),  # that is watched
    Column("subscription_id", String(40), nullable=False),  # no reference, as the next: they may be gone before
    Column("observation_id", String(40), nullable=False),  # that raised it
    Column("trigger", String(40), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("state", String(12), nullable=False),
    Column("standing_for", String(100)),  # borrower and trigger, of which one stands; null once it is cleared
    Column("owner", String(40)),  # a principal
    Column("due_on", Date, nullable=False),  # until when a person answers
    Column("snoozed_until", Date),  # the last day
    Column("raised_at", INSTANT, nullable=False),
    Column("answered_at", INSTANT),  # the newest answer
    Column("cleared_at", INSTANT),
    Column("sealed", LargeBinary, nullable=False),  # what was found, with a key of the borrower
    UniqueConstraint("standing_for"),
    Index("ix_warnings_lender_id", "lender_id", "id"),
    Index("ix_warnings_borrower_id", "borrower_id"),
)

warning_steps = Table(
    "warning_steps",
    metadata,
    Column("warning_id", ForeignKey("warnings.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("by", String(80), nullable=False),  # a principal, an operator or the service
    Column("owner", String(40)),  # of an assignment; null where it was taken from everybody
    Column("until", Date),  # of a snooze
    Column("answer", String(16)),
    Column("sealed", LargeBinary),  # what the person wrote, with a key of the borrower
    Index("ix_warning_steps_borrower_id", "borrower_id"),
)

covenants = Table(
    "covenants",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("loan_id", ForeignKey("loans.id"), nullable=False),  # with which it is deleted
    Column("feature", String(80), nullable=False),
    Column("bound", String(8), nullable=False),
    Column("threshold", Float, nullable=False),
    Column("rhythm_days", Integer, nullable=False),
    Column("cure_days", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_on", Date, nullable=False),  # from when on an observation tests it
    Column("cure_until", Date),  # the last day, as the next
    Column("waived_until", Date),
    Column("tested_on", Date),  # the day of the books of the newest test that had a value
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", String(80), nullable=False),  # a principal, or an operator
    Index("ix_covenants_lender_id", "lender_id", "id"),
    Index("ix_covenants_borrower_id", "borrower_id"),
    Index("ix_covenants_loan_id", "loan_id"),
)

covenant_steps = Table(
    "covenant_steps",
    metadata,
    Column("covenant_id", ForeignKey("covenants.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("borrower_id", ForeignKey("borrowers.id"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("by", String(80), nullable=False),  # a principal, an operator or the service
    Column("state", String(12), nullable=False),  # after it
    Column("observation_id", String(40)),  # of a test; no reference: it may be gone before
    Column("until", Date),  # of a waiver
    Column("sealed", LargeBinary, nullable=False),  # what was measured or written, with a key of the borrower
    Index("ix_covenant_steps_borrower_id", "borrower_id"),
)

account_turns = Table(
    "account_turns",
    metadata,
    Column("account", String(64), primary_key=True),  # as in jobs
    Column("free_at", INSTANT, nullable=False),  # when the next row may read the same books
    Index("ix_account_turns_free_at", "free_at"),
)

events = Table(
    "events",
    metadata,
    Column("id", String(40), primary_key=True),  # rising with time; the webhook-id of every delivery
    Column("lender_id", String(64), nullable=False),
    Column("borrower_id", String(40)),  # with whose data it goes; no reference, which would lock the borrower
    Column("type", String(32), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("data", Text, nullable=False),  # JSON: identifiers and codes, and nothing that names anybody
    Index("ix_events_lender_id", "lender_id", "id"),
    Index("ix_events_borrower_id", "borrower_id"),
    Index("ix_events_at", "at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("url", Text, nullable=False),  # empty once it is deleted
    Column("description", String(120), nullable=False),
    Column("types", Text),  # of events that it gets, joined by commas; null for all
    Column("state", String(12), nullable=False),
    Column("disabled_for", String(12)),
    Column("disabled_at", INSTANT),
    Column("failing_since", INSTANT),  # the first try that failed after the last one that did not
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", String(80), nullable=False),  # a principal
    Index("ix_webhooks_lender_id", "lender_id", "id"),
)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id"), nullable=False),
    Column("lender_id", String(64), nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("public_key", String(64), nullable=False),  # of Ed25519
    Column("created_at", INSTANT, nullable=False),
    Column("valid_until", INSTANT),  # null for the newest
    Index("ix_webhook_secrets_webhook_id", "webhook_id"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("webhook_id", ForeignKey("webhooks.id"), primary_key=True),
    Column("event_id", ForeignKey("events.id"), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempt", String(40)),  # of the sender that has it, or had it last
    Column("tries", Integer, nullable=False),
    Column("due_at", INSTANT, nullable=False),  # when it may be taken; of one that is being sent, when its lease ends
    Column("created_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Index("ix_webhook_deliveries_state", "state", "due_at"),
    Index("ix_webhook_deliveries_event_id", "event_id"),
)

webhook_tries = Table(
    "webhook_tries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("webhook_id", String(40), nullable=False),
    Column("event_id", String(40), nullable=False),
    Column("lender_id", String(64), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("status", Integer),  # of the answer
    Column("error", String(16)),  # why there is none
    Column("milliseconds", Integer),
    Index("ix_webhook_tries_event_id", "event_id", "webhook_id"),
)

scheduled_runs = Table(
    "scheduled_runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("schedule", String(40), nullable=False),
    Column("due_at", INSTANT, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("started_at", INSTANT),
    Column("ended_at", INSTANT),
    Column("free_at", INSTANT),  # when another try may begin
    Column("outcome", Text),  # JSON: what was done, or why it failed
    Column("rhythm", String(60)),  # of a beginning: when it is due since then
    UniqueConstraint("schedule", "due_at"),
    Index("ix_scheduled_runs_state", "state", "free_at"),
    Index(
        "ix_scheduled_runs_running",
        "schedule",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)
