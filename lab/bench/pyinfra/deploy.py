"""Storage as the program declares it, by pyinfra."""

import json

import house
from pyinfra import host
from pyinfra.operations import files, server, systemd
from pyinfra.operations.util import any_changed

rendered = host.data.rendered
with open(f"{rendered}/vars.json") as text:
    end = json.load(text)


def put(file):
    return files.put(
        name=f"File {file['path']}",
        src=f"{rendered}/files{file['path']}",
        dest=file["path"],
        mode=file["mode"].lstrip("0"),
    )


def unit(name):
    wanted = end["units"][name]
    for directory in wanted["directories"]:
        files.directory(name=f"Directory {directory['path']}", path=directory["path"], mode=directory["mode"].lstrip("0"))
    for file in wanted["files"]["nothing"]:
        put(file)
    reload = [put(file) for file in wanted["files"]["reload"]]
    restart = [put(file) for file in wanted["files"]["restart"]]
    systemd.daemon_reload(name="systemd reads its files", _if=any_changed(*restart))
    started = [
        systemd.service(name=f"Restart {name}", service=wanted["service"], restarted=True, _if=any_changed(*restart)),
        systemd.service(name=f"Service {name}", service=wanted["service"], enabled=True if wanted["enable"] else None),
    ]
    if reload:
        server.shell(
            name=f"Reload {name}",
            commands=[" ".join(wanted["reload"])],
            _if=lambda: any(each.did_change() for each in reload) and not any(each.did_change() for each in restart),
        )
    return started


unit("homelab-firewall")
unit("homelab-health.timer")
files.directory(name="An empty directory", path="/var/empty")
for each in end["secrets"]:
    house.secret(name=f"Secret {each['name']}", secret=each["name"], value=each["value"])
for each in end["images"]:
    house.image(name=f"Image {each['reference']}", **each)
unit("postgres")
started = unit("minio")

postgres = end["postgres"]
for each in postgres["roles"]:
    house.role(name=f"Role {each['name']}", server=postgres, role=each.pop("name"), **each)
for each in postgres["databases"]:
    house.database(name=f"Database {each['name']}", server=postgres, database=each.pop("name"), **each)

minio = end["minio"]
server.shell(
    name="MinIO answers",
    commands=[f"until curl -sf -o /dev/null http://127.0.0.1:{minio['port']}/minio/health/cluster; do sleep 0.2; done"],
    _if=any_changed(*started),
)
for each in minio["buckets"]:
    house.bucket(name=f"Bucket {each['name']}", port=minio["port"], bucket=each.pop("name"), **each)
for each in minio["users"]:
    house.user(name=f"User {each['name']}", port=minio["port"], user=each.pop("name"), **each)
