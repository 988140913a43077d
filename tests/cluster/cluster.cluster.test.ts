import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snapshot } from "../support/backup";
import { lab, onNode } from "../support/lab";
import { ChangedConfig, handedOut, preview, up, well } from "../support/stack";
import {
  apply,
  isReady,
  k3sOf,
  kubectl,
  nodes,
  onDemandToleration,
  pods,
  ready,
  sleeper,
  until,
  web,
} from "./kubectl";

/** The cluster of the lab, switched on by its own stacks; `lab/cluster test` brings it up and runs this. */

const told: string[] = [];
const tell = (what: string, seconds: number) => told.push(`${what}: ${seconds.toFixed(1)} s`);

const spread = {
  tolerations: [onDemandToleration],
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "everywhere" } },
    },
  ],
};
/** Prefers compute, and may be elsewhere. */
const roams = {
  tolerations: [onDemandToleration],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          preference: {
            matchExpressions: [{ key: "homelab.dev/lifecycle", operator: "In", values: ["on-demand"] }],
          },
        },
      ],
    },
  },
};
/** What the tests declare; the Service of the API itself stays. */
const clean = () => {
  kubectl(["delete", "deployments,pods,persistentvolumeclaims", "--all", "--force", "--ignore-not-found"]);
  kubectl(["delete", "services", "everywhere", "roams", "--ignore-not-found"]);
  kubectl(["delete", "configmap", "stays", "--ignore-not-found"]);
};

beforeAll(() => {
  lab("node", "start", "compute");
  clean();
});
afterAll(() => {
  lab("node", "start", "compute");
  clean();
  console.log(told.join("\n"));
});

describe("the cluster", () => {
  it("has the three nodes, each with what the topology says of it", () => {
    expect(
      nodes().map(({ metadata, spec }) => [
        metadata.name,
        metadata.labels["homelab.dev/lifecycle"],
        (spec.taints ?? []).map(({ key, value, effect }) => `${key}=${value ?? ""}:${effect}`),
      ]),
    ).toEqual([
      ["compute", "on-demand", ["homelab.dev/lifecycle=on-demand:NoSchedule"]],
      ["desktop", "always-on", []],
      ["storage", "always-on", []],
    ]);
  });

  it("has nothing to change in any of its stacks", () => {
    for (const node of ["storage", "desktop", "compute"] as const) {
      well(preview(node, "--expect-no-changes"));
    }
  });

  it("hands out a kubeconfig that works, and shows it and its tokens to nobody", () => {
    const { kubeconfig = "", k3sAgentToken = "", CLUSTER_IDENTIFIER, K3S_URL } = handedOut();
    expect(kubeconfig).toContain("https://10.77.0.11:6443");
    expect([K3S_URL, CLUSTER_IDENTIFIER]).toEqual([
      "https://10.77.0.11:6443",
      expect.stringMatching(/^homelab-[0-9a-f]{16}$/),
    ]);
    expect(k3sAgentToken).toMatch(/^K10[0-9a-f]{64}::node:[0-9a-f]{48}$/);
    const password = k3sAgentToken.split(":").at(-1) ?? "";
    // By standard input and a file: as an argument it would be found.
    const found = onNode(
      "storage",
      "cat >/run/wanted; { cat /etc/systemd/system/k3s.service /etc/rancher/k3s/config.yaml; ps -ewwo args; journalctl -u k3s --no-pager; } | grep -cFf /run/wanted; rm /run/wanted",
      `${password}\n`,
    );
    expect(found.trim()).toBe("0");
    expect(
      onNode(
        "storage",
        "stat -c %a /srv/homelab/k3s/homelab-agent-token /srv/homelab/k3s/server/*token /etc/rancher/k3s/k3s.yaml",
      ).trim(),
    ).toBe("600\n600\n600\n600");
  });

  it("takes no agent that is ahead of its server", () => {
    const config = new ChangedConfig("compute");
    try {
      const run = preview("compute", ...config.with([[["homelab:k3s", "version"], "v1.99.0+k3s1"]]));
      expect(run.code).not.toBe(0);
      expect(run.text).toContain("a node is never ahead of its server");
    } finally {
      config.remove();
    }
  });

  it("lets a pod onto compute that tolerates it, and no other", async () => {
    const there = { nodeSelector: { "homelab.dev/lifecycle": "on-demand" } };
    apply(sleeper("tolerates", { ...there, tolerations: [onDemandToleration] }), sleeper("does-not", there));
    await until("the pod that tolerates compute runs", 30, () => ready("app=tolerates").length === 1);
    expect(pods("app=tolerates")[0]?.spec.nodeName).toBe("compute");
    const [other] = pods("app=does-not");
    expect([other?.status.phase, other?.spec.nodeName]).toEqual(["Pending", undefined]);
    expect(
      kubectl([
        "get",
        "events",
        "--field-selector",
        "involvedObject.name=does-not",
        "-o",
        "jsonpath={.items[*].message}",
      ]),
    ).toContain("untolerated taint");
  });

  it("lets pods reach each other on all three nodes, and by the Service's name", async () => {
    apply(...web("everywhere", 3, spread));
    await until("three pods serve", 60, () => ready("app=everywhere").length === 3);
    const all = ready("app=everywhere");
    expect(all.map(({ spec }) => spec.nodeName).sort()).toEqual(["compute", "desktop", "storage"]);
    for (const from of all) {
      for (const to of all) {
        const url = `http://${to.status.podIP ?? ""}:8080/`;
        expect(kubectl(["exec", from.metadata.name, "--", "timeout", "30", "wget", "-qO-", url])).toBe(
          to.metadata.name,
        );
      }
      const byName = [
        "exec",
        from.metadata.name,
        "--",
        "timeout",
        "30",
        "wget",
        "-qO-",
        "http://everywhere.default.svc.cluster.local/",
      ];
      expect(all.map(({ metadata }) => metadata.name)).toContain(kubectl(byName));
    }
  });

  it("lets pods on every node reach storage's PostgreSQL and MinIO", () => {
    // What a client says first, as the role system to the database dagster; the server asks for the password (R) when
    // pg_hba.conf knows where the client comes from, and ends with an error (E) when not.
    const hello =
      "\\000\\000\\000\\046\\000\\003\\000\\000user\\000system\\000database\\000dagster\\000\\000";
    for (const { metadata } of ready("app=everywhere")) {
      const ask = (command: string) =>
        kubectl(["exec", metadata.name, "--", "timeout", "30", "sh", "-c", command]);
      expect(ask(`(printf '${hello}'; sleep 1) | nc -w 3 storage.home.arpa 5432 | head -c 1`)).toBe("R");
      ask("wget -qO- http://storage.home.arpa:9000/minio/health/live");
    }
  });

  it("keeps what a local-path claim holds, on an always-on node", async () => {
    const pod = (name: string) =>
      sleeper(
        name,
        {
          nodeSelector: { "kubernetes.io/hostname": "storage" },
          volumes: [{ name: "d", persistentVolumeClaim: { claimName: "kept" } }],
        },
        { volumeMounts: [{ name: "d", mountPath: "/d" }] },
      );
    apply(
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "kept" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
      pod("writes"),
    );
    await until("the pod with the claim runs", 60, () => ready("app=writes").length === 1);
    kubectl(["exec", "writes", "--", "sh", "-c", "echo kept >/d/file; sync"]);
    kubectl(["delete", "pod", "writes"]);
    apply(pod("reads"));
    await until("its successor runs", 60, () => ready("app=reads").length === 1);
    expect(kubectl(["exec", "reads", "--", "cat", "/d/file"])).toBe("kept");
    expect(onNode("storage", "ls /srv/homelab/k3s/storage")).toContain("_default_kept");
  });

  it("has the files of such a claim in storage's backup", () => {
    onNode("storage", "systemctl start homelab-backup-files");
    expect(snapshot("storage", "ls latest")).toMatch(/\/srv\/homelab\/k3s\/storage\/\S*_default_kept\/file/);
  });
});

describe("an agent that restarts", () => {
  it("leaves its pods as they are", async () => {
    const before = ready("app=everywhere").find(({ spec }) => spec.nodeName === "compute");
    onNode("compute", "systemctl restart k3s-agent");
    await until("compute is ready", 60, () => isReady("compute"));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const after = pods("app=everywhere").find(({ spec }) => spec.nodeName === "compute");
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after?.status.containerStatuses?.[0]?.restartCount).toBe(0);
    expect(after?.status.podIP).toBe(before?.status.podIP);
  });
});

describe("compute without power", () => {
  it("loses its pods to the others within seconds, and comes back clean", async () => {
    apply(...web("roams", 2, roams));
    await until(
      "both pods serve on compute",
      60,
      () => ready("app=roams").filter(({ spec }) => spec.nodeName === "compute").length === 2,
    );
    lab("node", "kill", "compute");
    tell(
      "power cut → compute counts as gone",
      await until("compute is not ready", 60, () => !isReady("compute")),
    );
    const moved = await until(
      "both pods serve elsewhere",
      60,
      () => ready("app=roams").filter(({ spec }) => spec.nodeName !== "compute").length === 2,
    );
    tell("… → its pods serve elsewhere", moved);
    lab("node", "start", "compute");
    tell(
      "power on (ssh answers) → compute is ready",
      await until("compute is ready again", 60, () => isReady("compute")),
    );
    const sandboxes = () =>
      onNode("compute", `${k3sOf("k3s-agent")} ctr task ls -q`)
        .split("\n")
        .filter((line) => line !== "");
    const former = await until("nothing of its former pods is left", 60, () => {
      const here = ["everywhere", "tolerates"]
        .flatMap((app) => ready(`app=${app}`))
        .filter(({ spec }) => spec.nodeName === "compute");
      return (
        pods("app=roams").every(({ metadata }) => metadata.deletionTimestamp === undefined) &&
        // Two processes a pod: what holds it open, and its container.
        sandboxes().length === 2 * here.length
      );
    });
    tell("… → nothing of its former pods is left", former);
    expect(ready("app=roams")).toHaveLength(2);
  });
});

describe("compute wiped", () => {
  it("takes its place again by an up alone, as the node that it was", async () => {
    const uid = nodes().find(({ metadata }) => metadata.name === "compute")?.metadata.uid;
    onNode(
      "compute",
      "systemctl disable --now k3s-agent; rm -rf /srv/homelab/k3s /etc/rancher /etc/systemd/system/k3s-agent.service /usr/local/lib/homelab /var/lib/homelab /var/lib/kubelet/* /var/lib/cni; systemctl daemon-reload",
    );
    await until("compute is gone", 60, () => !isReady("compute"));
    const run = well(up("compute"));
    tell("wiped compute: pulumi up", run.seconds);
    expect(isReady("compute")).toBe(true);
    expect(nodes().find(({ metadata }) => metadata.name === "compute")?.metadata.uid).toBe(uid);
    apply(
      sleeper("again", {
        nodeSelector: { "kubernetes.io/hostname": "compute" },
        tolerations: [onDemandToleration],
      }),
    );
    await until("a pod runs there", 60, () => ready("app=again").length === 1);
  });

  it("is refused under its name with another password", async () => {
    const file = "/etc/rancher/node/password";
    onNode("compute", `cp ${file} /run/password; echo wrong >${file}; systemctl restart k3s-agent`);
    try {
      await until("it says why", 40, () =>
        onNode("compute", "journalctl -u k3s-agent -n 20 --no-pager").includes("Node password rejected"),
      );
    } finally {
      onNode("compute", `cat /run/password >${file}; systemctl restart k3s-agent`);
    }
    await until("it is ready with its own", 60, () => isReady("compute"));
  });
});

describe("the cluster switched off and on again", () => {
  it("leaves no process, no key and no rule behind, and goes on where it was", async () => {
    kubectl(["create", "configmap", "stays", "--from-literal=a=b"]);
    try {
      // The stack asks nothing of a cluster that it removes: it may be dead already.
      onNode("storage", "systemctl stop k3s");
      lab("cluster", "off");
      for (const node of ["storage", "desktop", "compute"] as const) {
        const left =
          "pgrep -x 'containerd|kubelet|kube-proxy|etcd|kube-apiserver'; find /etc/rancher/k3s /usr/local/lib/homelab/k3s* -type f; nft list tables | grep -E 'kube-proxy|k3s'; ip link show cni0; true";
        expect([node, onNode(node, `{ ${left}; } 2>/dev/null`)]).toEqual([node, ""]);
      }
      const config = new ChangedConfig();
      const first = preview(
        "storage",
        ...config.with([[["homelab:k3s"], { enabled: true, dataDirectory: "/srv/homelab/k3s" }]]),
      );
      config.remove();
      expect(well(first).text).toMatch(/admission-pods +create/);
    } finally {
      lab("cluster", "on");
    }
    expect(kubectl(["get", "configmap", "stays", "-o", "jsonpath={.data.a}"])).toBe("b");
    await until("all three are ready", 60, () => ["storage", "desktop", "compute"].every(isReady));
  });
});
