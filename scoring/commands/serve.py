"""``serve``: the HTTP interface."""

import uvicorn

from scoring.app import create_app
from scoring.commands.session import give_up, read_settings, with_database
from scoring.serving import ServingError, load_serving
from scoring.store.database import Database


def serve(*, host: str | None = None, port: int | None = None) -> None:
    """Serve the HTTP interface until it is told to stop; settings come from SCORING_* variables.

    Args:
        host: instead of SCORING_HOST (127.0.0.1).
        port: instead of SCORING_PORT (8000).
    """
    settings = read_settings(create=True)
    try:
        serving = load_serving(settings)
    except ServingError as error:
        give_up(str(error))
    with_database(settings, Database.is_reachable, create=True)  # migrates, and says clearly where that is not possible
    uvicorn.run(
        create_app(settings, serving),
        host=host or settings.host,
        port=port or settings.port,
        log_config=None,
        access_log=False,  # its lines would hold queries
        server_header=False,
        ws="none",  # there are none; a library for them would log queries
        timeout_keep_alive=30,
    )
