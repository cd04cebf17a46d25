"""The version is said in three places, and the changelog has a section for it."""

import re
import tomllib

import yaml
from support.places import PROJECT


def test_the_version_is_the_same_everywhere() -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    newest, *_ = re.findall(r"^## (\S+)", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    compose = yaml.safe_load((PROJECT / "docker-compose.yaml").read_text())
    (image,) = {
        service["image"]
        for service in compose["services"].values()
        if service["image"].startswith("olist-intelligence-bridge:")
    }
    assert newest == version
    assert image.removeprefix("olist-intelligence-bridge:").partition("$")[0] == version
