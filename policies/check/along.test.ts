import { afterEach, describe, expect, it } from "vitest";
import { folderOf } from "./testing";
import type { Files } from "./testing";

let files: Files;
afterEach(() => {
  files.remove();
});

describe("a unit and its drop-ins", () => {
  const texts = {
    "web.container": "[Container]\nImage=docker.io/library/nginx\n",
    "web.container.d/10-data.conf": "[Container]\nVolume=/srv/web:/data\n",
  };

  it("are one question, whichever of them was named and in whichever order", () => {
    files = folderOf(texts);
    expect(files.verdicts("web.container")).toEqual(["violation"]);
    expect(files.verdicts("web.container.d/10-data.conf")).toEqual(["violation"]);
    expect(files.verdicts("web.container", "web.container.d/10-data.conf")).toEqual(["ok", "violation"]);
    expect(files.verdicts("web.container.d/10-data.conf", "web.container")).toEqual(["violation", "ok"]);
    expect(files.verdicts(".")).toEqual(["ok", "violation"]);
  });

  it("are the same however their paths are written", () => {
    files = folderOf(texts);
    expect(files.verdicts("./web.container", "x/../web.container.d/10-data.conf")).toEqual([
      "ok",
      "violation",
    ]);
  });

  it("belong together where the drop-in is for many units, or the fault stands in the unit", () => {
    files = folderOf({
      "a/shop-web.container": "[Container]\nImage=docker.io/library/nginx\nVolume=/srv/web:/data\n",
      "a/shop-.container.d/10.conf": "[Service]\nRestart=always\n",
      "b/web.container": "[Container]\nImage=docker.io/library/nginx\n",
      "b/container.d/10.conf": "[Container]\nPodmanArgs=-v /srv/x:/x\n",
      "c/web@.container": "[Container]\nImage=docker.io/library/nginx\n",
      "c/web@.container.d/10.conf": "[Container]\nMount=type=bind,src=/srv/x,dst=/x\n",
    });
    for (const one of [
      "a/shop-.container.d/10.conf",
      "b/container.d/10.conf",
      "b/web.container",
      "c/web@.container.d/10.conf",
      "c/web@.container",
    ]) {
      expect([one, ...files.verdicts(one)]).toEqual([one, "violation"]);
    }
  });

  it("let a drop-in take back what the unit says", () => {
    files = folderOf({
      "web.container": "[Container]\nImage=docker.io/library/nginx\nVolume=/srv/web:/data\n",
      "web.container.d/10.conf": "[Container]\nVolume=\n",
    });
    expect(files.verdicts("web.container")).toEqual(["ok"]);
    expect(files.verdicts("web.container.d/10.conf")).toEqual(["ok"]);
  });

  it("are for systemd's own services too", () => {
    files = folderOf({
      "a.service": "[Service]\nExecStart=/usr/bin/podman run nginx\n",
      "a.service.d/10.conf": "[Service]\nExecStartPre=/usr/bin/podman run -v /srv/a:/a busybox\n",
    });
    expect(files.verdicts("a.service")).toEqual(["violation"]);
    expect(files.verdicts("a.service.d/10.conf")).toEqual(["violation"]);
    expect(files.verdicts(".")).toEqual(["ok", "violation"]);
  });

  it("count for volumes, pods, builds and manifests that are played", () => {
    files = folderOf({
      "d.volume": "[Volume]\nType=nfs\nDevice=storage:/d\n",
      "d.volume.d/10.conf": "[Volume]\nType=\nDevice=\n",
      "web.container": "[Container]\nImage=docker.io/library/nginx\nPod=app.pod\n",
      "app.pod": "[Pod]\n",
      "app.pod.d/10.conf": "[Pod]\nVolume=/srv/app:/app\n",
      "i.build": "[Build]\nImageTag=localhost/i\nFile=./Containerfile\n",
      "i.build.d/10.conf": "[Build]\nVolume=/srv/i:/i\n",
    });
    for (const one of [
      "d.volume",
      "d.volume.d/10.conf",
      "web.container",
      "app.pod",
      "app.pod.d/10.conf",
      "i.build",
      "i.build.d/10.conf",
    ]) {
      expect([one, ...files.verdicts(one)]).toEqual([one, "violation"]);
    }
    // Where the pod was given too, its own unit answers for its volumes.
    expect(files.verdicts("web.container", "app.pod")).toEqual(["ok", "violation"]);
  });
});

describe("a compose file and its override", () => {
  const base = "services: { web: { image: nginx } }\n";
  const over = 'services: { web: { volumes: ["/srv/web:/data"] } }\n';

  it.each([
    ["compose.yaml", "compose.override.yaml"],
    ["compose.yml", "compose.override.yml"],
    ["docker-compose.yml", "docker-compose.override.yml"],
    // docker compose takes the override of any of its names.
    ["compose.yaml", "docker-compose.override.yml"],
    ["docker-compose.yaml", "compose.override.yml"],
  ])("%s and %s are one question, whichever was named", (first, second) => {
    files = folderOf({ [first]: base, [second]: over });
    expect(files.verdicts(first)).toEqual(["violation"]);
    expect(files.verdicts(second)).toEqual(["violation"]);
    expect(files.verdicts(first, second)).toEqual(["ok", "violation"]);
    expect(files.verdicts(second, first)).toEqual(["violation", "ok"]);
  });

  it("are one question where the fault stands in the base", () => {
    files = folderOf({
      "compose.yaml": 'services: { web: { image: nginx, volumes: ["/srv/web:/data"] } }\n',
    });
    files.put({ "compose.override.yaml": "services: { web: { restart: always } }\n" });
    expect(files.verdicts("compose.override.yaml")).toEqual(["violation"]);
    expect(files.verdicts("compose.yaml", "compose.override.yaml")).toEqual(["violation", "ok"]);
  });

  it("are the files that COMPOSE_FILE names, where .env has it", () => {
    files = folderOf({
      ".env": "COMPOSE_FILE=compose.yaml:home.yaml\n",
      "compose.yaml": base,
      "home.yaml": over,
      "compose.override.yaml": 'services: { web: { volumes: ["/srv/other:/other"] } }\n',
    });
    expect(files.verdicts("compose.yaml")).toEqual(["violation"]);
    expect(files.verdicts("home.yaml")).toEqual(["violation"]);
    expect(
      files
        .judged("compose.yaml")
        .files[0]?.violations.map(({ detail }) => detail)
        .join(),
    ).not.toContain("/srv/other");
  });

  it("are an error where one of them cannot be read, whichever was named", () => {
    files = folderOf({ "compose.yaml": base, "compose.override.yaml": "services: [1\n" });
    const { code, files: reports } = files.judged("compose.yaml");
    expect(code).toBe(2);
    expect(reports[0]?.error).toContain("compose.override.yaml, which counts with it, is not valid YAML");
  });
});

describe("a kustomization and what it builds of", () => {
  const pod = (volume: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: nginx, volumeMounts: [{name: d, mountPath: /d}]}], volumes: [{name: d, ${volume}}]}\n`;
  const host = "hostPath: {path: /srv/d}";
  const patch = (volume: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {volumes: [{name: d, ${volume}}]}\n`;

  it.each([
    ["a file", { "kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": pod(host) }],
    [
      "a base",
      {
        "kustomization.yaml": "resources: [../base]\n",
        "../base/kustomization.yml": "resources: [pod.yaml]\n",
        "../base/pod.yaml": pod(host),
      },
    ],
    [
      "a component",
      {
        "kustomization.yaml": "resources: [pod.yaml]\ncomponents: [../part]\n",
        "pod.yaml": pod("emptyDir: {}"),
        "../part/kustomization.yaml": "kind: Component\npatches: [{path: p.yaml}]\n",
        "../part/p.yaml": patch(`emptyDir: null, ${host}`),
      },
    ],
    [
      "a patch",
      {
        "kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml}]\n",
        "pod.yaml": pod("emptyDir: {}"),
        "p.yaml": patch(`emptyDir: null, ${host}`),
      },
    ],
    [
      "operations",
      {
        "kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n",
        "pod.yaml": pod("emptyDir: {}"),
        "p.yaml": `- {op: replace, path: /spec/volumes/0, value: {name: d, ${host}}}\n`,
      },
    ],
  ])("are one question where the kustomization alone was named: %s", (_, texts) => {
    files = folderOf(Object.fromEntries(Object.entries(texts).map(([path, text]) => [`k/${path}`, text])));
    expect(files.verdicts("k/kustomization.yaml")).toEqual(["violation"]);
    expect(files.verdicts(".")).toContain("violation");
  });

  it("are judged as they are built: a patch may mend its base", () => {
    files = folderOf({
      "kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml}]\n",
      "pod.yaml": pod(host),
      "p.yaml": patch("hostPath: null, emptyDir: {}"),
    });
    expect(files.verdicts("kustomization.yaml")).toEqual(["ok"]);
    expect(files.verdicts("p.yaml")).toEqual(["ok"]);
    // The base by itself can be applied by itself.
    expect(files.verdicts("pod.yaml", "kustomization.yaml")).toEqual(["violation", "ok"]);
  });

  it("are one question where the patch alone was named, and the base is at fault", () => {
    files = folderOf({
      "kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml}]\n",
      "pod.yaml": pod(host),
      "p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: y}}\n",
    });
    expect(files.verdicts("p.yaml")).toEqual(["violation"]);
    expect(files.verdicts("p.yaml", "pod.yaml")).toEqual(["ok", "violation"]);
    expect(files.verdicts("p.yaml", "kustomization.yaml")).toEqual(["ok", "violation"]);
  });

  it("are an error where they build on each other in a circle", () => {
    files = folderOf({
      "a/kustomization.yaml": "resources: [../b]\n",
      "b/kustomization.yaml": "resources: [../a]\n",
    });
    expect(files.judged("a/kustomization.yaml").files[0]?.error).toContain("builds on itself");
    expect(files.judged(".").code).toBe(2);
  });
});
