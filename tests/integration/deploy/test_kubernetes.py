"""``deploy/kubernetes`` as a cluster would read it: valid, as the image and the settings want it, and closed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from container import ROOT
from service import SIGNING_KEYS

from scoring.__main__ import app
from scoring.runtime.settings import Settings

FOLDER = ROOT / "deploy/kubernetes"
LOWEST = "1.30"
"""The first version that has ``preStop.sleep`` without a switch."""
Manifest = dict[str, Any]


def manifests(pattern: str = "*") -> Iterator[Manifest]:
    """All of them but the list that kustomize reads."""
    for path in sorted(FOLDER.glob(f"{pattern}.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


def one(kind: str) -> Manifest:
    """The manifest of a kind of which there is one."""
    [found] = [manifest for manifest in manifests() if manifest["kind"] == kind]
    return found


def pods() -> dict[str, Manifest]:
    """What pods are made of, by the kind of what makes them."""
    return {
        "Deployment": one("Deployment")["spec"]["template"],
        "Job": one("Job")["spec"]["template"],
        "CronJob": one("CronJob")["spec"]["jobTemplate"]["spec"]["template"],
    }


@pytest.mark.parametrize("version", [LOWEST, kubernetes_validate.latest_version()])
def test_they_follow_the_schemas_of_kubernetes(version: str) -> None:
    """Strictly: a field that the version does not know is refused."""
    kinds = [manifest["kind"] for manifest in manifests()]
    for manifest in manifests():
        kubernetes_validate.validate(manifest, version, strict=True)
    assert {"Deployment", "PodDisruptionBudget", "NetworkPolicy", "Service", "Job"} <= set(kinds)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(one("Deployment") | {"spek": {}}, version, strict=True)


def test_all_are_applied_but_the_secret_and_the_migration() -> None:
    """The secret is filled elsewhere; the migration runs before the rest."""
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    there = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert there - set(listed) == {"secret.sample.yaml", "migration.yaml"}
    assert set(listed) <= there
    assert {manifest["metadata"].get("namespace", "hauptbuch") for manifest in manifests()} == {"hauptbuch"}


def settings(folder: Path) -> Settings:
    """What the service makes of the settings and the secret."""
    [secret] = manifests("secret.sample")
    for name, text in secret["stringData"].items():
        (folder / name).write_text(text.replace("BASE64", "A" * 43 + "=").replace("JWKS", SIGNING_KEYS))
    given: dict[str, str] = one("ConfigMap")["data"]
    mounted = {name: value.replace("/run/secrets/hauptbuch", str(folder)) for name, value in given.items()}
    return Settings.from_environ(mounted | {"SCORING_DATA_DIR": str(folder), "SCORING_HOST": "0.0.0.0"})  # noqa: S104


def test_the_service_accepts_its_settings(tmp_path: Path) -> None:
    """All variables are known, and secrets are where they are mounted; all pods have the same."""
    read = settings(tmp_path)
    assert read.database_url.reveal().startswith("postgresql+asyncpg://")
    assert [key.id for key in read.encryption_keys] == ["k1"]
    assert read.signing_keys is not None
    # in a database, since a file in a pod is lost with it
    assert read.suspicion_database_url.reveal().startswith("postgresql+asyncpg://")
    assert read.suspicion_database_url != read.database_url
    assert Path(one("ConfigMap")["data"]["PGSSLROOTCERT"]).name in one("Secret")["stringData"]
    for pod in pods().values():
        for container in pod["spec"]["containers"]:
            assert container["envFrom"] == [{"configMapRef": {"name": "hauptbuch"}}]
            assert "env" not in container
            assert container["volumeMounts"][0] == {
                "name": "secrets",
                "mountPath": "/run/secrets/hauptbuch",
                "readOnly": True,
            }
        assert pod["spec"]["volumes"][0]["secret"] == {"secretName": "hauptbuch", "defaultMode": 0o440}


def test_probes_ask_the_operations_port_for_what_is_there(tmp_path: Path) -> None:
    """Readiness is what takes a pod out of the service; only liveness restarts it, whatever the database does."""
    [container] = pods()["Deployment"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    asked = {name: container[name]["httpGet"]["path"] for name in container if name.endswith("Probe")}
    read = settings(tmp_path)
    assert ports == {"http": read.port, "operations": read.operations_port}
    assert asked == {
        "startupProbe": "/health/live",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }
    assert {container[name]["httpGet"]["port"] for name in asked} == {"operations"}


def test_pods_are_given_the_time_that_stopping_takes(tmp_path: Path) -> None:
    """Before SIGTERM, until no proxy sends requests any more; then the time of the setting; and some more."""
    spec = pods()["Deployment"]["spec"]
    before = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > before + settings(tmp_path).stop_seconds


@pytest.mark.parametrize("kind", ["Deployment", "Job", "CronJob"])
def test_pods_are_as_the_restricted_standard_wants_them(kind: str) -> None:
    """No root, no capability, no account of the cluster, nothing to write but memory; memory is bounded."""
    spec = pods()[kind]["spec"]
    user = (ROOT / "Dockerfile").read_text().partition("\nUSER ")[2].partition("\n")[0]
    context = spec["securityContext"]
    assert context["runAsNonRoot"] is True
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == user
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
    assert spec["automountServiceAccountToken"] is False
    assert [volume.get("emptyDir") for volume in spec["volumes"]] == [None, {"medium": "Memory", "sizeLimit": "64Mi"}]
    assert one("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_pods_run_commands_of_the_service() -> None:
    """By the image's entry point."""
    containers = {kind: pod["spec"]["containers"] for kind, pod in pods().items()}
    words = {kind: [" ".join(container["args"]) for container in made] for kind, made in containers.items()}
    assert words == {"Deployment": ["serve"], "Job": ["migrate"], "CronJob": ["suspicion retain"]}
    assert {"serve", "migrate", "retain", "suspicion"} <= set(app)
    assert len({container["image"] for made in containers.values() for container in made}) == 1


def test_commands_for_the_cluster_name_the_namespace() -> None:
    """Whoever copies one from a comment or from the guide works on nothing else; the guide names the lowest version."""
    guide = (ROOT / "docs/operating.md").read_text().partition("\n## In a cluster\n")[2].partition("\n## ")[0]
    comments = "".join(path.read_text() for path in FOLDER.glob("*.yaml"))
    written = re.findall(r"kubectl (?:exec|delete|wait)[^`\n]*", guide + comments)
    assert {"kubectl exec", "kubectl delete", "kubectl wait"} == {" ".join(command.split()[:2]) for command in written}
    assert all("--namespace=hauptbuch" in command for command in written)
    assert f"Kubernetes {LOWEST} or newer" in guide


def test_the_daily_retention_is_the_same_everywhere() -> None:
    """Of suspicion reports, in the cluster, on a machine, and with compose: the service deletes all else by itself."""
    guide = (ROOT / "docs/operating.md").read_text()
    [spec] = [manifest["spec"] for manifest in manifests("retention")]
    crontab = [line for line in guide.splitlines() if line.startswith(spec["schedule"])]
    wanted = [" ".join(container["args"]) for container in pods()["CronJob"]["spec"]["containers"]]
    for line in crontab:
        assert [part.rsplit(" service ", 1)[-1].rsplit(" scoring ", 1)[-1] for part in line.split(" && ")][1:] == wanted
    assert ["docker compose run --rm --no-deps -T" in line for line in crontab] == [False, True]


def test_one_pod_of_two_is_always_there() -> None:
    """Through an emptied node and a new version, and not both on one node where there are two."""
    deployment, budget = one("Deployment")["spec"], one("PodDisruptionBudget")["spec"]
    assert deployment["replicas"] - budget["minAvailable"] == 1
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    labels = deployment["template"]["metadata"]["labels"]
    spread = deployment["template"]["spec"]["topologySpreadConstraints"][0]
    for selector in (deployment["selector"], budget["selector"], spread["labelSelector"]):
        assert selector["matchLabels"].items() <= labels.items()


def allowed(direction: str, pod: Manifest) -> list[tuple[str, int]]:
    """Where a pod may go, or what may come to it: namespace or network, and port."""
    labels = pod["metadata"]["labels"]
    found = []
    for manifest in manifests("network"):
        spec = manifest["spec"]
        if spec["podSelector"].get("matchLabels", {}).items() <= labels.items():
            for rule in spec.get(direction, []):
                for peer in rule["from" if direction == "ingress" else "to"]:
                    names = peer.get("namespaceSelector", {}).get("matchLabels", {}).values()
                    whom = peer.get("ipBlock", {}).get("cidr") or next(iter(names))
                    found += [(whom, port["port"]) for port in rule["ports"]]
    return found


def test_nothing_passes_but_what_is_named(tmp_path: Path) -> None:
    """In: requests of the gateway, the monitoring. Out: names, database, and sevdesk, where jobs do not go."""
    read, made = settings(tmp_path), pods()
    [closed] = [manifest for manifest in manifests("network") if manifest["spec"]["podSelector"] == {}]
    database = [("kube-system", 53), ("kube-system", 53), ("192.0.2.10/32", 5432)]
    assert closed["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert allowed("ingress", made["Deployment"]) == [("gateway", read.port), ("monitoring", read.operations_port)]
    assert allowed("egress", made["Deployment"]) == [*database, ("0.0.0.0/0", 443)]
    for kind in ("Job", "CronJob"):
        assert allowed("ingress", made[kind]) == []
        assert allowed("egress", made[kind]) == database
    [sevdesk] = [rule for rule in manifests("network") if rule["metadata"]["name"] == "to-sevdesk"]
    assert "169.254.0.0/16" in sevdesk["spec"]["egress"][0]["to"][0]["ipBlock"]["except"]  # a cloud's credentials
