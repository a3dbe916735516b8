"""An honest reader of the Dockerfile, for machines without a container engine.

It knows the instructions that the file uses and refuses all others. The root file system of a stage is a folder; what
the base images would bring (python3, make) is this machine's. There is no chroot: paths that exist in the folder are
taken there.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path

Run = Callable[[Path, "Stage", str], None]


@dataclass(kw_only=True)
class Stage:
    """One stage of the build, as far as it has come."""

    base: str
    name: str
    root: Path
    workdir: str = "/"
    env: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    runs: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        """Where a path of the image is on this machine."""
        return self.root / os.path.normpath(os.path.join(self.workdir, path)).lstrip("/")  # noqa: PTH118  of the image

    def environment(self, outside: dict[str, str]) -> dict[str, str]:
        """The image's variables, with paths that are in the image taken there, over those of a clean machine."""
        return outside | {
            name: ":".join(self._located(part, outside) for part in value.split(":"))
            for name, value in self.env.items()
        }

    def _located(self, part: str, outside: dict[str, str]) -> str:
        if part == "/usr/local/bin":
            return outside["PATH"]  # where the base image has its python3
        return str(self.inside(part)) if part.startswith("/") and self.inside(part).exists() else part


def instructions(dockerfile: str) -> list[tuple[str, list[str], str]]:
    """Name, flags and the rest of every instruction."""
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        flags = []
        while rest.startswith("--"):
            flag, _, rest = rest.partition(" ")
            flags.append(flag)
            rest = rest.lstrip()
        found.append((name, flags, rest))
    return found


def expanded(text: str, values: dict[str, str]) -> str:
    """A text with its variables put in: ``$NAME``, ``${NAME}``, and ``${NAME:+text}`` where it has a value."""

    def put(match: re.Match[str]) -> str:
        name, then = match["plain"] or match["name"], match["then"]
        value = values.get(name, "")
        return (expanded(then, values) if value else "") if then is not None else value

    return re.sub(r"\$(?:(?P<plain>\w+)|\{(?P<name>\w+)(?::\+(?P<then>[^}]*))?\})", put, text)


def build(project: Path, into: Path, run: Run, *, arguments: dict[str, str] | None = None) -> list[Stage]:
    """Follow the Dockerfile of a project, into a folder per stage.

    Args:
        project: the folder with Dockerfile and .dockerignore.
        into: an empty folder.
        run: carries out a RUN in the working directory of a stage.
        arguments: what ``--build-arg`` gives.

    Raises:
        ValueError: an instruction that this reader does not know.
    """
    stages: list[Stage] = []
    known: dict[str, str] = {}
    context = into / "context"
    send_context(project, context)
    for name, flags, rest in instructions((project / "Dockerfile").read_text()):
        if name == "ARG":  # one that a stage names has the value from before the first stage
            argument, _, default = rest.partition("=")
            known.setdefault(argument, (arguments or {}).get(argument, default.strip('"')))
            if stages:
                stages[-1].arguments[argument] = known[argument]
            continue
        if name == "FROM":
            base, _, called = expanded(rest, known).partition(" AS ")
            stages.append(_begin(base, called, into / f"stage{len(stages)}", stages))
            continue
        stage = stages[-1]
        if name == "COPY":
            _copy(stage, {other.name: other.root for other in stages}, context, flags, rest)
        elif name == "RUN":
            stage.runs.append(rest)
            run(stage.inside("."), stage, rest)
        else:
            _configure(stage, name, rest)
    return stages


def _begin(base: str, name: str, root: Path, stages: list[Stage]) -> Stage:
    """A stage on a base image, or on an earlier stage, whose files and settings it has."""
    parent = next((stage for stage in stages if stage.name == base), None)
    if parent is None:
        root.mkdir()
        return Stage(base=base, name=name, root=root)
    shutil.copytree(parent.root, root, symlinks=True, copy_function=_share)
    return replace(deepcopy(parent), name=name, root=root, runs=[])


def send_context(project: Path, context: Path) -> None:
    """Copy what .dockerignore lets through: a list of names to keep, and a pattern of folders to leave out."""
    patterns = [
        line for line in (project / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")
    ]
    kept = [line.removeprefix("!") for line in patterns if line.startswith("!")]
    left_out = [line.removeprefix("**/") for line in patterns if line.startswith("**/")]
    if set(patterns) != {"*", *(f"!{name}" for name in kept), *(f"**/{name}" for name in left_out)}:
        raise ValueError("the .dockerignore has patterns that this reader does not know")
    context.mkdir()
    for name in kept:
        if (project / name).is_dir():
            shutil.copytree(project / name, context / name, ignore=shutil.ignore_patterns(*left_out))
        else:
            shutil.copy2(project / name, context / name)


def _copy(stage: Stage, roots: dict[str, Path], context: Path, flags: list[str], rest: str) -> None:
    options = dict(flag.removeprefix("--").split("=", 1) for flag in flags)
    if options.keys() - {"from", "chown"}:
        raise ValueError(f"COPY with {flags} is not known")
    *sources, target = rest.split()
    origin = roots[options["from"]] if "from" in options else context
    for source in sources:
        path, goal = origin / source.lstrip("/"), stage.inside(target)
        if path.is_dir():
            # between stages the files are shared, not doubled: nothing changes them afterwards, and the test sees to it
            shutil.copytree(path, goal, symlinks=True, dirs_exist_ok=True, copy_function=_share)
        else:
            goal = goal / path.name if target.endswith("/") else goal
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, goal)
    if "chown" in options and os.geteuid() == 0:
        user, _, group = options["chown"].partition(":")
        for path in (stage.inside(target), *stage.inside(target).rglob("*")):
            os.chown(path, int(user), int(group))


def _share(source: str, target: str) -> None:
    if Path(source).is_symlink():
        Path(target).symlink_to(os.readlink(source))  # noqa: PTH115  as it is written
    else:
        os.link(source, target)


def _configure(stage: Stage, name: str, rest: str) -> None:
    match name:
        case "WORKDIR":
            stage.workdir = rest
            stage.inside(".").mkdir(parents=True, exist_ok=True)
        case "ENV":
            stage.env |= dict(part.split("=", 1) for part in shlex.split(rest))
        case "LABEL":
            stage.labels |= {
                label: expanded(value, stage.arguments)
                for label, value in (part.split("=", 1) for part in shlex.split(rest))
            }
        case "USER":
            stage.user = rest
        case "VOLUME":
            stage.volumes.append(rest)
        case "EXPOSE":
            stage.ports.append(rest)
        case "HEALTHCHECK":
            stage.healthcheck = json.loads(rest.removeprefix("CMD "))
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        case "CMD":
            stage.cmd = json.loads(rest)
        case _:
            raise ValueError(f"{name} is not known")


_CONFINE = """
set -e; root=$1; user=$2; group=$3; shift 3
mount --bind "$root" "$root"
for volume in $VOLUMES; do mount --bind "$root$volume" "$root$volume"; done
mount --bind /usr "$root/usr"; mount --bind /dev "$root/dev"; mount -t tmpfs none "$root/tmp"
mount -o remount,ro,bind "$root/usr"; mount -o remount,ro,bind "$root"
exec chroot "$root" setpriv --reuid="$user" --regid="$group" --clear-groups --no-new-privs --bounding-set=-all -- \\
  env -i -C "$WORKDIR" "$@"
"""


def confined(stage: Stage, words: list[str], variables: dict[str, str]) -> list[str]:
    """A command as ``docker run --read-only --tmpfs /tmp --cap-drop ALL`` would start it; this wants Linux and root.

    The folder of the stage is the root, and cannot be written but for its volumes. /usr is this machine's. There is no
    /proc, so that libraries find no memory: what they write to disk then would be found.
    """
    for folder in ("usr", "dev", "tmp"):
        (stage.root / folder).mkdir(exist_ok=True)
    for name in ("bin", "lib", "lib64"):
        if not (stage.root / name).is_symlink():
            (stage.root / name).symlink_to(f"usr/{name}")
    user, group = stage.user.split(":")
    given = [f"{name}={value}" for name, value in (stage.env | variables).items()]
    places = [f"VOLUMES={' '.join(stage.volumes)}", f"WORKDIR={stage.workdir}"]
    starting = ["unshare", "--mount", "sh", "-c", _CONFINE, "sh", str(stage.root), user, group]
    return ["env", *places, *starting, *given, *words]


def run_shell(folder: Path, environment: dict[str, str], command: str) -> None:
    """What RUN does: a shell, in a clean environment."""
    subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL)
