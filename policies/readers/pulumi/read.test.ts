import { describe, expect, it } from "vitest";
import { noFacts } from "../../engine/facts";
import { judge } from "../../engine/judge";
import type { Topology } from "../../engine/topology";
import { notYet, readResource } from "./index";
import type { PulumiResource } from "./index";

const topology: Topology = {
  nodes: [
    { name: "storage", lifecycle: "always-on", addresses: ["10.0.0.1"], labels: {}, taints: [] },
    { name: "compute", lifecycle: "on-demand", addresses: ["10.0.0.3"], labels: {}, taints: [] },
  ],
  networkClasses: ["nfs-client"],
};

const files: Readonly<Record<string, string>> = {
  "units/web.container": "[Container]\nImage=x\nVolume=data:/data\n",
};

/** The sentences about resources of the given types and inputs. */
function said(
  ...resources: (Omit<Partial<PulumiResource>, "inputs"> & { type: string; inputs: object })[]
): string[] {
  const facts = noFacts();
  const put = new Set<string>();
  resources.forEach((resource, index) => {
    readResource(
      { urn: `urn:${index}`, name: "it", ...resource, inputs: { ...resource.inputs } },
      {
        facts,
        put,
        readFile: (path) => files[path],
        filesIn: (folder) =>
          Object.keys(files).flatMap((path) =>
            path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [],
          ),
      },
    );
  });
  const { violations, exemptions } = judge(facts, topology);
  return [
    ...violations.map(({ rule, detail }) => `${rule}: ${detail}`),
    ...exemptions.map(({ reason }) => `exempt: ${reason}`),
  ];
}

const pod = (spec: object, metadata: object = {}) => ({
  type: "kubernetes:core/v1:Pod",
  inputs: {
    metadata: { name: "p", ...metadata },
    spec: { containers: [{ name: "c", image: "busybox" }], ...spec },
  },
});
const claimPod = { volumes: [{ name: "d", persistentVolumeClaim: { claimName: "d" } }] };
const claim = (spec: object) => ({
  type: "kubernetes:core/v1:PersistentVolumeClaim",
  inputs: { metadata: { name: "d" }, spec },
});
const onCompute = { host: "10.0.0.3", privateKey: "k" };
const command = (create: string, more: object = {}, connection: unknown = onCompute) => ({
  type: "command:remote:Command",
  inputs: { connection, create, ...more },
});

describe("Kubernetes resources", () => {
  it("are read by the kind that the type says, with or without the field", () => {
    const template = {
      spec: {
        containers: [{ name: "c", image: "busybox", volumeMounts: [{ name: "h", mountPath: "/h" }] }],
        volumes: [{ name: "h", hostPath: { path: "/srv" } }],
      },
    };
    const types: [string, object][] = [
      ["apps/v1:Deployment", { template }],
      ["apps/v1:DeploymentPatch", { template }],
      ["apps/v1:DaemonSet", { template }],
      ["apps/v1:ReplicaSet", { template }],
      ["apps/v1:StatefulSet", { template }],
      ["core/v1:ReplicationController", { template }],
      ["batch/v1:Job", { template }],
      ["batch/v1:CronJob", { jobTemplate: { spec: { template } } }],
      ["core/v1:Pod", template.spec],
    ];
    for (const [type, spec] of types) {
      expect(said({ type: `kubernetes:${type}`, inputs: { spec } }).join(), type).toContain(
        "writable-host-path",
      );
    }
    expect(said({ type: "kubernetes:core/v1:PodTemplate", inputs: { template } }).join()).toContain(
      "writable-host-path",
    );
  });

  it("resolve a claim that another resource defines", () => {
    expect(said(claim({ storageClassName: "nfs-client" }), pod(claimPod))).toEqual([]);
    expect(said(claim({}), pod(claimPod)).join()).toContain("it names no storage class");
    expect(said(pod(claimPod)).join()).toContain("was not found");
    expect(said(pod({ ...claimPod, nodeSelector: { "kubernetes.io/hostname": "storage" } }))).toEqual([]);
  });

  it("count custom resources", () => {
    expect(
      said({
        type: "kubernetes:postgresql.cnpg.io/v1:Cluster",
        inputs: { metadata: {}, spec: { instances: 1 } },
      }).join(),
    ).toContain("operator-storage");
  });

  it("fail where a structure that may hold volumes is not known yet", () => {
    const deployment = (spec: unknown) => ({ type: "kubernetes:apps/v1:Deployment", inputs: { spec } });
    for (const inputs of [
      notYet,
      { template: notYet },
      { template: { spec: notYet } },
      { template: { spec: { volumes: notYet, containers: [] } } },
    ]) {
      expect(said(deployment(inputs)).join(), JSON.stringify(inputs)).toContain(
        "known only after the update",
      );
    }
    expect(said(pod({ volumes: [notYet] })).join()).toContain("cannot be known");
    expect(said(pod({ containers: notYet })).join()).toContain("known only after the update");
    expect(said(pod({ containers: [{ name: "c", image: notYet }] })).join()).toContain(
      "image that cannot be known",
    );
    expect(
      said(pod({ containers: [{ name: "c", image: "busybox", env: [{ name: "A", value: notYet }] }] })),
    ).toEqual([]);
  });

  it("take placement that is not known yet for none", () => {
    const selectors = [
      { nodeSelector: notYet },
      { nodeSelector: { "homelab.dev/lifecycle": notYet } },
      { nodeSelector: { "kubernetes.io/hostname": notYet } },
      { nodeName: notYet },
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [notYet] }] },
              ],
            },
          },
        },
      },
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: notYet } } },
    ];
    for (const one of selectors)
      expect(said(claim({}), pod({ ...claimPod, ...one })).join(), JSON.stringify(one)).toContain(
        "node-local-claim",
      );
  });

  it("take a reason that is not known yet for none", () => {
    const why = (reason: string) => pod(claimPod, { annotations: { "homelab.dev/ephemeral": reason } });
    expect(said(claim({}), why("made again"))).toEqual(["exempt: made again"]);
    expect(said(claim({}), why(notYet)).join()).toContain("node-local-claim");
  });

  it("judge releases by their values, and fail where these are not known", () => {
    const release = (inputs: object) => ({ type: "kubernetes:helm.sh/v3:Release", inputs });
    expect(said(release({ chart: "postgresql", values: {} })).join()).toContain("operator-storage");
    expect(
      said(release({ chart: "postgresql", values: { primary: { persistence: { enabled: false } } } })),
    ).toEqual([]);
    expect(
      said(
        release({ chart: "postgresql", values: { primary: { persistence: { enabled: notYet } } } }),
      ).join(),
    ).toContain("operator-storage");
    expect(said(release({ chart: "whatever", values: notYet })).join()).toContain("known only after");
    expect(said(release({ chart: notYet })).join()).toContain("known only after");
  });

  it("look into the texts of groups", () => {
    const yaml =
      "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: d}\nspec: {}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: b}], volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]}\n";
    expect(said({ type: "kubernetes:yaml/v2:ConfigGroup", inputs: { yaml } }).join()).toContain(
      "node-local-claim",
    );
    expect(
      said({
        type: "kubernetes:yaml/v2:ConfigGroup",
        inputs: {
          objs: [
            pod({
              volumes: [{ name: "d", hostPath: { path: "/srv" } }],
              containers: [{ name: "c", image: "b", volumeMounts: [{ name: "d", mountPath: "/d" }] }],
            }).inputs,
          ].map((one) => ({
            ...one,
            apiVersion: "v1",
            kind: "Pod",
          })),
        },
      }).join(),
    ).toContain("writable-host-path");
  });
});

describe("docker's resources", () => {
  const container = (inputs: object, host: unknown = "ssh://root@10.0.0.3:22") => ({
    type: "docker:index/container:Container",
    inputs: { image: "busybox", ...inputs },
    provider: host === undefined ? {} : { host },
  });

  it("land where their provider leads", () => {
    const kept = { volumes: [{ containerPath: "/d" }] };
    expect(said(container(kept)).join()).toContain(
      "an anonymous volume at /d, on the on-demand node compute",
    );
    expect(said(container(kept, "tcp://10.0.0.1:2375"))).toEqual([]);
    expect(said(container(kept, "ssh://elsewhere")).join()).toContain("on-demand node elsewhere");
    expect(said(container(kept, notYet))).toHaveLength(1);
    expect(said(container(kept, undefined))).toHaveLength(1);
    expect(said(container(kept, "unix:///var/run/docker.sock"))).toHaveLength(1);
  });

  it.each([
    [
      "a bind",
      { volumes: [{ hostPath: "/srv/x", containerPath: "/d" }] },
      "a writable bind of the node's /srv/x",
    ],
    ["a read-only bind", { volumes: [{ hostPath: "/srv/x", containerPath: "/d", readOnly: true }] }, ""],
    ["plumbing", { volumes: [{ hostPath: "/run/docker.sock", containerPath: "/d" }] }, ""],
    ["a named volume", { volumes: [{ volumeName: "v", containerPath: "/d" }] }, "the volume v"],
    [
      "another container's volumes",
      { volumes: [{ fromContainer: "db" }] },
      "takes the volumes of the container db",
    ],
    ["a mount of type volume", { mounts: [{ type: "volume", target: "/d" }] }, "an anonymous volume"],
    ["a mount of type bind", { mounts: [{ type: "bind", source: "/x", target: "/d" }] }, "/x"],
    ["a mount of type tmpfs", { mounts: [{ type: "tmpfs", target: "/d" }] }, ""],
    ["tmpfs", { tmpfs: { "/d": "size=1m" } }, ""],
    [
      "a mount on nfs",
      {
        mounts: [
          { type: "volume", source: "n", target: "/d", volumeOptions: { driverOptions: { type: "nfs" } } },
        ],
      },
      "",
    ],
    ["mounts not known yet", { mounts: notYet }, "known only after"],
    ["a mount not known yet", { mounts: [notYet] }, "known only after"],
    [
      "a source not known yet",
      { volumes: [{ hostPath: notYet, containerPath: "/d" }] },
      "its hostPath: it is known only after",
    ],
    ["a name not known yet", { volumes: [{ volumeName: notYet, containerPath: "/d" }] }, "its volumeName"],
    ["an image not known yet", { image: notYet }, "write the image's name"],
    ["an image by its id", { image: `sha256:${"a".repeat(64)}` }, "it is given by its id"],
    ["a database", { image: "postgres:18" }, "runs PostgreSQL"],
    ["MLflow without a database", { image: "busybox", command: ["mlflow", "server"] }, "MLflow"],
    [
      "a label with a reason",
      {
        volumes: [{ containerPath: "/d" }],
        labels: [{ label: "homelab.dev/ephemeral", value: "made again" }],
      },
      "exempt: made again",
    ],
    [
      "a label whose reason is not known yet",
      { volumes: [{ containerPath: "/d" }], labels: [{ label: "homelab.dev/ephemeral", value: notYet }] },
      "engine-volume",
    ],
  ])("see %s", (_what, inputs, expected) => {
    const all = said(container(inputs)).join("\n");
    if (expected === "") expect(all).toBe("");
    else expect(all).toContain(expected);
  });

  it("resolve a volume by its name over the whole stack", () => {
    const volume = (inputs: object) => ({
      type: "docker:index/volume:Volume",
      inputs: { name: "v", ...inputs },
      provider: { host: "ssh://10.0.0.3" },
    });
    const used = container({ volumes: [{ volumeName: "v", containerPath: "/d" }] });
    expect(said(volume({ driverOpts: { type: "nfs", o: "addr=10.0.0.1", device: ":/x" } }), used)).toEqual(
      [],
    );
    expect(said(volume({ driverOpts: { type: "none", o: "bind", device: "/x" } }), used)).toHaveLength(2);
  });

  it("judge a service by the node it is bound to", () => {
    const service = (spec: object, constraints: string[] = []) => ({
      type: "docker:index/service:Service",
      inputs: {
        taskSpec: {
          containerSpec: {
            image: "busybox",
            mounts: [{ type: "volume", source: "v", target: "/d" }],
            ...spec,
          },
          placement: { constraints },
        },
      },
    });
    expect(said(service({})).join()).toContain("the volume v");
    expect(said(service({}, ["node.hostname == storage"]))).toEqual([]);
    expect(said({ type: "docker:index/service:Service", inputs: { taskSpec: notYet } }).join()).toContain(
      "taskSpec",
    );
  });
});

describe("commands over SSH", () => {
  const bad: [string, string, string][] = [
    ["podman run -v", "podman run -d -v /srv/x:/x busybox", "/srv/x"],
    ["sudo docker run", "sudo -n docker run --mount type=volume,src=v,dst=/d busybox", "the volume v"],
    ["a server's image without a volume", "podman run -d postgres:18", "runs PostgreSQL"],
    ["docker volume create", "docker volume create data", "makes a volume"],
    ["a continued line", "podman run \\\n  -v data:/d \\\n  busybox", "the volume data"],
    ["a command in bash -c", "bash -c 'podman run -v data:/d busybox'", "the volume data"],
    ["a command in a substitution", "id=$(podman run -d -v data:/d busybox)", "the volume data"],
    ["a variable as source", "podman run -v $DATA:/d busybox", "$DATA"],
    [
      "apt-get install",
      "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y curl postgresql-16",
      "it installs PostgreSQL",
    ],
    ["dnf install", "dnf -y install mariadb-server", "it installs MariaDB"],
    ["apk add", "apk add --no-cache redis", "it installs Redis"],
    ["systemctl enable", "systemctl enable --now mysqld.service", "it starts MySQL"],
    ["initdb", "sudo -u postgres initdb -D /srv/pg", "a PostgreSQL cluster"],
    ["mkfs", "mkfs.ext4 /dev/sdb1", "a file system"],
    ["zpool create", "zpool create tank mirror sda sdb", "a ZFS pool"],
    [
      "a quadlet by heredoc",
      "cat > /etc/containers/systemd/a.container <<EOF\n[Container]\nImage=x\nVolume=a.volume:/d\nEOF",
      "the volume a.volume",
    ],
    [
      "a quadlet by tee",
      "sudo tee /etc/containers/systemd/a.container <<'EOF' >/dev/null\n[Container]\nImage=x\nVolume=/srv/a:/d\nEOF",
      "/srv/a",
    ],
    ["a quadlet by echo", "echo '[Volume]' > /etc/containers/systemd/a.volume", "unit a.volume"],
    [
      "a quadlet in base64",
      `echo ${Buffer.from("[Container]\nImage=x\nVolume=/srv/b:/d\n").toString("base64")} | base64 -d > /etc/containers/systemd/a.container`,
      "/srv/b",
    ],
    [
      "a quadlet by install from a file not seen",
      "install -m 644 /tmp/a.container /etc/containers/systemd/a.container",
      "cannot be seen",
    ],
    [
      "a quadlet by curl",
      "curl -o /etc/containers/systemd/a.container https://example.org/a",
      "cannot be seen",
    ],
    [
      "a quadlet fed by the secret channel",
      "install -m 644 /dev/stdin /etc/containers/systemd/a.container",
      "/srv/stdin",
    ],
    [
      "a service",
      "cat > /etc/systemd/system/a.service <<EOF\n[Service]\nExecStart=/usr/bin/podman run -v /srv/s:/d busybox\nEOF",
      "/srv/s",
    ],
    [
      "compose",
      "cat > /opt/a/compose.yaml <<EOF\nservices: {a: {image: x, volumes: ['/srv/c:/d']}}\nEOF\ndocker compose -f /opt/a/compose.yaml up -d",
      "/srv/c",
    ],
    ["compose of a file not seen", "cd /opt/a && docker compose up -d", "is not in the program"],
    [
      "kubectl apply",
      "kubectl apply -f - <<EOF\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: b, volumeMounts: [{name: h, mountPath: /h}]}], volumes: [{name: h, hostPath: {path: /srv/k}}]}\nEOF",
      "/srv/k",
    ],
    [
      "kubectl apply of a URL",
      "k3s kubectl apply -f https://example.org/x.yaml",
      "put them into the program",
    ],
    [
      "helm install",
      "helm upgrade --install db bitnami/postgresql --set auth.enablePostgresUser=true",
      "operator-storage",
    ],
    [
      "podman kube play",
      "podman kube play - <<EOF\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: b, volumeMounts: [{name: h, mountPath: /h}]}], volumes: [{name: h, hostPath: {path: /srv/k}}]}\nEOF",
      "/srv/k",
    ],
    ["a K3s server", "curl -sfL https://get.k3s.io | sh -s - server", "K3s server"],
    ["a script from the network", "curl -fsSL https://example.org/install.sh | bash", "cannot be seen"],
    ["MLflow", "nohup mlflow server --host 0.0.0.0 &", "MLflow"],
    ["minio server", "minio server /srv/minio", "MinIO"],
  ];
  it.each(bad)("are refused for %s", (_what, create, expected) => {
    const stdin = "[Container]\nImage=x\nVolume=/srv/stdin:/d\n";
    expect(said(command(create, { stdin })).join("\n")).toContain(expected);
    expect(
      said(command(create, { stdin }, { host: "10.0.0.1" })).filter(
        (one) => !/^(writable-host-path|operator-storage|remote-setup.*manifests)/.test(one),
      ),
    ).toEqual([]);
  });

  const good: [string, string][] = [
    ["a client of a database", "apt-get install -y postgresql-client redis-tools prometheus-node-exporter"],
    ["a word about a database", "echo 'podman run -v x:/y' > /tmp/note; grep -q postgresql /etc/passwd"],
    ["a comment", "# podman run -v a:/b busybox\ntrue"],
    [
      "a container that keeps nothing",
      "podman run --rm --tmpfs /tmp -v /srv/x:/x:ro -v /dev/dri:/dev/dri busybox",
    ],
    ["a K3s agent", "curl -sfL https://get.k3s.io | K3S_URL=https://10.0.0.1:6443 sh -s - agent"],
    ["a configuration file", "cat > /etc/app.conf <<EOF\nvolume=/srv\nEOF"],
    ["stopping a database", "systemctl disable --now postgresql"],
    ["kubectl that reads", "kubectl get pods -A && kubectl wait --for=condition=Ready node/compute"],
    ["MLflow pointed at a database", "mlflow server --backend-store-uri postgresql://u@10.0.0.1/mlflow"],
    [
      "a quadlet that keeps nothing",
      "cat > /etc/containers/systemd/a.container <<EOF\n[Container]\nImage=busybox\nTmpfs=/d\nEOF",
    ],
  ];
  it.each(good)("pass for %s", (_what, create) => {
    expect(said(command(create))).toEqual([]);
  });

  it("are refused while text, connection or what a shell is fed is not known", () => {
    expect(said(command(notYet)).join()).toContain("its create: it is known only after");
    expect(said(command("sh -s", { stdin: notYet })).join()).toContain("the script it is fed");
    expect(said(command("chpasswd", { stdin: notYet }))).toEqual([]);
    expect(said(command("mkfs /dev/sdb", {}, notYet)).join()).toContain("a file system");
    expect(said(command("mkfs /dev/sdb", {}, { host: "10.9.9.9" })).join()).toContain(
      "on-demand node 10.9.9.9",
    );
  });

  it("are exempted by a comment with a reason, not by one without", () => {
    expect(said(command("# homelab.dev/ephemeral: a scratch disk\nmkfs.ext4 /dev/sdb"))).toEqual([
      "exempt: a scratch disk",
    ]);
    expect(said(command("# homelab.dev/ephemeral:\nmkfs.ext4 /dev/sdb")).join()).toContain(
      "without a reason",
    );
  });

  it("are followed through ssh in a local command", () => {
    const local = (create: string) => said({ type: "command:local:Command", inputs: { create } });
    expect(local("ssh -o BatchMode=yes root@10.0.0.3 'podman run -v data:/d busybox'").join()).toContain(
      "on-demand node compute",
    );
    expect(local("ssh root@10.0.0.1 'podman run -v data:/d busybox'")).toEqual([]);
    expect(local("ssh $HOST 'podman volume create data'").join()).toContain("makes a volume");
    expect(local("podman run -v data:/d busybox")).toEqual([]);
    expect(local(notYet)).toHaveLength(1);
  });

  it("read files that are copied, by where they are put", () => {
    const copy = (source: object, remotePath: string) =>
      said({ type: "command:remote:CopyToRemote", inputs: { connection: onCompute, source, remotePath } });
    const quadlet = { asset: "text", text: "[Container]\nImage=x\nVolume=data:/d\n" };
    expect(copy(quadlet, "/etc/containers/systemd/a.container").join()).toContain("the volume data");
    expect(copy(quadlet, "/etc/notes.txt")).toEqual([]);
    expect(
      copy({ asset: "file", path: "units/web.container" }, "/etc/containers/systemd/web.container").join(),
    ).toContain("the volume data");
    expect(copy({ asset: "folder", path: "units" }, "/etc/containers/systemd").join()).toContain(
      "unit web.container",
    );
    expect(copy({ asset: "file", path: "missing" }, "/etc/containers/systemd/a.container").join()).toContain(
      "could not be read",
    );
    expect(copy({ asset: "unknown" }, "/opt/compose.yaml").join()).toContain("cannot be seen");
  });

  it("may use a compose file that another resource put there", () => {
    const put = {
      type: "command:remote:CopyToRemote",
      inputs: {
        connection: onCompute,
        source: { asset: "text", text: "services: {a: {image: busybox}}" },
        remotePath: "/opt/a/compose.yaml",
      },
    };
    expect(said(put, command("docker compose -f /opt/a/compose.yaml up -d"))).toEqual([]);
  });
});

describe("this project's own resources", () => {
  const connection = { node: "compute", host: "10.0.0.3", port: 22, user: "root", hostKey: "k" };
  const unit = (inputs: object) => said({ type: "homelab:remote:Unit", inputs: { connection, ...inputs } });

  it("count what a unit says it keeps, and the quadlets among its files", () => {
    expect(unit({ files: [], keeps: ["/srv/x"] }).join()).toContain("it keeps data in /srv/x");
    expect(unit({ files: [], keeps: ["/srv/x"], ephemeral: "copies of what the hub has" })).toEqual([
      "exempt: copies of what the hub has",
    ]);
    expect(unit({ files: [], keeps: ["/srv/x"], ephemeral: "" })).toHaveLength(1);
    expect(
      unit({
        files: [
          {
            path: "/etc/containers/systemd/a.container",
            content: "[Container]\nImage=x\nVolume=a.volume:/d\n",
          },
        ],
      }).join(),
    ).toContain("the volume a.volume");
    expect(
      unit({ files: [{ path: "/etc/containers/systemd/a.container", content: notYet }] }).join(),
    ).toContain("the text of /etc/containers/systemd/a.container");
    expect(unit({ files: notYet }).join()).toContain("its files");
    expect(unit({ files: [{ path: "/etc/a.conf", content: notYet }] })).toEqual([]);
  });

  it("count objects in a PostgreSQL server on an on-demand node", () => {
    expect(said({ type: "homelab:postgres:Database", inputs: { server: { connection } } }).join()).toContain(
      "a PostgreSQL database",
    );
    expect(
      said({
        type: "homelab:postgres:Database",
        inputs: { server: { connection: { node: "storage", host: "10.0.0.1" } } },
      }),
    ).toEqual([]);
  });

  it("believe a component's placement, by the topology's lifecycle and not by its own", () => {
    const component = (placement: unknown) =>
      said({ type: "homelab:index:Thing", inputs: placement === undefined ? {} : { placement } });
    expect(
      component({ node: "storage", lifecycle: "always-on", keeps: "persistent", paths: ["/srv"] }),
    ).toEqual([]);
    expect(
      component({ node: "compute", lifecycle: "always-on", keeps: "persistent", paths: ["/srv"] }).join(),
    ).toContain("it keeps data in /srv, on the on-demand node compute");
    expect(component({ node: "compute", lifecycle: "on-demand", keeps: "none" })).toEqual([]);
    expect(
      component({
        node: "compute",
        lifecycle: "on-demand",
        keeps: "ephemeral",
        paths: ["/srv"],
        reason: "a cache",
      }),
    ).toEqual(["exempt: a cache"]);
    expect(
      component({ node: "compute", lifecycle: "on-demand", keeps: "ephemeral", paths: ["/srv"], reason: "" }),
    ).toHaveLength(1);
    expect(component({ node: "compute", keeps: "everything" })).toHaveLength(1);
    for (const one of [undefined, notYet, {}, { node: notYet, keeps: "none" }])
      expect(component(one), JSON.stringify(one)).toHaveLength(1);
  });
});
