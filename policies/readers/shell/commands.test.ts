import { describe, expect, it } from "vitest";
import { anywhere, noFacts } from "../../engine/facts";
import { judge } from "../../engine/judge";
import { fixtureTopology } from "../../fixtures";
import { readFiles } from "../files/read";
import { addRuns } from "./commands";
import made from "./switches/switches.json";

/** What the rule says of a command that runs on an on-demand node. */
function said(command: string): readonly string[] {
  const facts = noFacts();
  addRuns(command, { file: "a.service", resource: "unit a.service" }, anywhere, facts);
  return judge(facts, fixtureTopology, { node: "compute" }).violations.map(({ detail }) => detail);
}

/** What it says of a unit with these arguments of podman. */
function ofUnit(...lines: string[]): readonly string[] {
  const text = ["[Container]", "Image=docker.io/library/nginx", ...lines, ""].join("\n");
  const around = { read: () => undefined, filesIn: () => [] };
  const { facts } = readFiles([{ path: "a.container", text }], around);
  return judge(facts, fixtureTopology, { node: "compute" }).violations.map(({ detail }) => detail);
}

const bind = ["-v", "/srv/a:/data"];

describe.each(["podman", "docker"] as const)("an option of %s", (tool) => {
  const { run } = made[tool].commands;

  it("that takes no value leaves the word behind it alone", () => {
    for (const option of run.switches) {
      expect([option, ...said(`${tool} run ${option} ${bind.join(" ")} nginx`)].join()).toContain("/srv/a");
    }
  });

  it("that takes a value takes the word behind it", () => {
    for (const option of run.values) {
      if (/^(-v|--volume|--volumes-from|--mount|--tmpfs)$/.test(option)) continue;
      expect([option, said(`${tool} run ${option} x nginx -v /srv/b:/b`)]).toEqual([option, []]);
      expect([option, said(`${tool} run ${option} x ${bind.join(" ")} nginx`).length]).toEqual([option, 1]);
    }
  });

  it("before the command is passed over with its value", () => {
    for (const option of made[tool].commands[""].values) {
      expect([option, said(`${tool} ${option} run run ${bind.join(" ")} nginx`).length]).toEqual([option, 1]);
    }
    for (const option of made[tool].commands[""].switches) {
      expect([option, said(`${tool} ${option} run ${bind.join(" ")} nginx`).length]).toEqual([option, 1]);
    }
  });
});

it.each([
  "--env-host -v /srv/a:/data",
  "--read-only-tmpfs -v /srv/a:/data",
  "--unsetenv-all --volume /srv/a:/data",
  "--passwd -v=/srv/a:/data",
  "--no-hostname --volume=/srv/a:/data",
  "-itv /srv/a:/data",
  "-dv/srv/a:/data",
  "-d=true -v /srv/a:/data",
  "--rm=true -v /srv/a:/data",
  "--some-switch-of-tomorrow -v /srv/a:/data",
  "--some-option-of-tomorrow x -v /srv/a:/data",
  "--mount type=bind,src=/srv/a,dst=/data",
  '--mount "type=volume,source=d,target=/data"',
  "-v /srv/l:/data:O,upperdir=/srv/a,workdir=/srv/w",
])("podman's arguments %s keep data, in a unit and in a command", (args) => {
  expect(ofUnit(`PodmanArgs=${args}`)).toHaveLength(1);
  expect(said(`podman run ${args} nginx`)).toHaveLength(1);
  expect(said(`docker container create ${args} nginx`)).toHaveLength(1);
});

it("podman's arguments go on in the next line and the next drop-in", () => {
  expect(ofUnit("PodmanArgs=--env-host -v", "PodmanArgs=/srv/a:/data")).toHaveLength(1);
  expect(ofUnit("PodmanArgs=-v", "PodmanArgs=/run/a:/data")).toEqual([]);
});

it.each([
  ["-v /srv/l:/data:O", []],
  ["-v /srv/l:/data:O,upperdir=/run/u,workdir=/run/w", []],
  ["--tmpfs /data", []],
  ["--rm -- -v /srv/a:/data", []],
])("podman run %s keeps nothing", (args, expected) => {
  expect(said(`podman run ${args} nginx`)).toEqual(expected);
});

describe("a shell around the command", () => {
  const run = "docker run --rm -v /srv/a:/data nginx";

  it.each([
    `/bin/sh -c '${run}'`,
    `bash -lc "${run}"`,
    `/bin/sh -ec '${run}'`,
    `/usr/bin/env bash -euxo pipefail -c '${run}'`,
    `sh -c "exec ${run}"`,
    `sh -c 'cd /srv && ${run}'`,
    `sh -c 'sh -c "${run}"'`,
    `env A=b sudo -u app nice -n 5 ${run}`,
    `sudo --preserve-env sh -c '${run}'`,
    `systemd-run --user --scope ${run}`,
    `systemd-run --unit=x sh -c '${run}'`,
    `su - app -c '${run}'`,
    `runuser -u app -- ${run}`,
    `flock /run/lock/x ${run}`,
    `flock /run/lock/x -c '${run}'`,
    `timeout -k 5 1h ${run}`,
    `exec ${run}`,
    `DOCKER_BUILDKIT=1 ${run}`,
    `ionice -c 3 chrt -b 0 ${run}`,
    `ssh compute '${run}'`,
    `eval "${run}"`,
    `id=$(${run})`,
    `ENGINE=docker; $ENGINE run -v /srv/a:/data nginx`,
    `\${ENGINE:-podman} run -v /srv/a:/data nginx`,
    `sh -c 'docker \\\n run -v /srv/a:/data nginx'`,
    `sh -c "docker run -v '/srv/a:/data' nginx"`,
    `/usr/local/bin/docker --context home container run -v /srv/a:/data nginx`,
    `podman-remote run -v /srv/a:/data nginx`,
  ])("is looked through: %s", (command) => {
    expect(said(command).join()).toContain("/srv/a");
  });

  it.each([
    `echo '${run}'`,
    `grep -q 'docker run -v' /etc/x`,
    `docker ps --filter name=run`,
    `docker exec x run -v /srv/a:/data`,
    `docker --context run ps`,
    "docker rm -v run",
    "docker compose run web",
  ])("is none where nothing is run: %s", (command) => {
    expect(said(command)).toEqual([]);
  });
});

describe("volumes made by hand", () => {
  it("are judged by their driver and options, wherever these stand", () => {
    expect(said("docker volume create d")).toHaveLength(1);
    expect(said("podman volume create --driver local --label a=b d")).toHaveLength(1);
    expect(said("docker volume create -d nfs-plugin d")).toEqual([]);
    expect(said("docker volume create --opt type=nfs --opt=device=:/d -o o=addr=x d")).toEqual([]);
    expect(said("podman volume create -o type=tmpfs d")).toEqual([]);
    expect(said("podman volume create -o type=overlay -o o=lowerdir=/l,upperdir=/srv/u d")).toHaveLength(1);
    expect(said("docker volume create --label 'homelab.dev/ephemeral=a cache' d")).toEqual([]);
  });

  it("are a pod's, a service's and a build's too", () => {
    expect(said("podman pod create --infra -v /srv/a:/a p")).toHaveLength(1);
    expect(said("docker service create --mount type=bind,src=/srv/a,dst=/a nginx")).toHaveLength(1);
    expect(said("podman build --layers -v /srv/a:/a .")).toHaveLength(1);
    expect(said("docker service create --name run nginx -v /srv/a:/a")).toEqual([]);
  });
});

describe("the volumes that an image declares", () => {
  const redis = (args: string): readonly string[] => said(`podman run ${args} docker.io/library/redis:7`);

  it("are no data where they are kept in memory, and are where the container keeps them", () => {
    expect(redis("--image-volume=tmpfs")).toEqual([]);
    expect(redis("--image-volume tmpfs")).toEqual([]);
    expect(redis("--image-volume=ignore")).toHaveLength(1);
    expect(redis("--image-volume=anonymous")).toHaveLength(1);
    expect(redis("")).toHaveLength(1);
    expect(ofUnit("Image=docker.io/library/redis:7", "PodmanArgs=--image-volume=tmpfs")).toEqual([]);
  });
});

describe("a manifest that podman plays", () => {
  const played = (manifest: string): readonly string[] => {
    const texts: Record<string, string> = { "app.yaml": manifest };
    const around = { read: (path: string) => texts[path], filesIn: () => [] };
    const { facts } = readFiles([{ path: "app.kube", text: "[Kube]\nYaml=app.yaml\n" }], around);
    return judge(facts, fixtureTopology, { node: "compute" }).violations.map(({ detail }) => detail);
  };
  const pod = (volume: string, more = ""): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  ${more}\n  containers: [{name: c, image: nginx, volumeMounts: [{name: d, mountPath: /d}]}]\n  volumes: [{name: d, ${volume}}]\n`;
  const used = "persistentVolumeClaim: {claimName: d}";
  const claim = (annotations: string): string =>
    `---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: d, annotations: {${annotations}}}\nspec: {storageClassName: nfs-client, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n`;

  it("has its claims as podman's own volumes, of whichever class", () => {
    expect(played(pod(used))).toHaveLength(1);
    expect(played(pod(used) + claim(""))).toHaveLength(1);
    expect(played(pod(used) + claim("volume.podman.io/driver: local"))).toHaveLength(1);
    const nfs = "volume.podman.io/type: nfs, volume.podman.io/device: 'storage:/d'";
    expect(played(pod(used) + claim(nfs))).toEqual([]);
    expect(played(pod("emptyDir: {}"))).toEqual([]);
  });

  it("lands on its machine, whatever placement it states", () => {
    expect(played(pod("hostPath: {path: /srv/d}", "nodeName: storage"))).toHaveLength(1);
  });
});
