"""Ledger to feature rows: pure polars, one code for online decisions and for training."""
