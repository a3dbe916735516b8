"""The commands of ``python -m scoring``, each imported only when it is called."""
