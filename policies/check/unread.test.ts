import { afterEach, describe, expect, it } from "vitest";
import { check } from "./check";
import { folderOf } from "./testing";
import type { Files } from "./testing";

let files: Files;
afterEach(() => {
  files.remove();
});

const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: nginx}]}\n";

const nobodyReads: readonly (readonly [string, string, string])[] = [
  ["db.container.in", "[Container]\nImage=postgres:16\nVolume=/srv/pg:/x\n", "render it first"],
  ["db.container.j2", "[Container]\nImage={{ image }}\n", "render it first"],
  ["compose.yaml.tmpl", "services: {a: {image: nginx, volumes: ['/a:/a']}}\n", "render it first"],
  ["pod.yaml.gotmpl", pod, "render it first"],
  ["pod.yml.erb", pod, "render it first"],
  ["pod.tpl", pod, "render it first"],
  ["main.tf", 'resource "docker_volume" "d" {}\n', "Terraform"],
  ["main.tf.json", '{"resource": {"docker_volume": {"d": {}}}}', "Terraform"],
  ["cache.nomad", 'job "cache" {}\n', "Nomad"],
  ["cache.nomad.hcl", 'job "cache" {}\n', "Nomad"],
  ["job.json", '{"Job": {"ID": "x"}, "job": {"x": {"group": []}}}', "Nomad"],
  ["index.ts", "export {};\n", "policy pack"],
  ["Dockerfile", "FROM postgres\nVOLUME /data\n", "builds an image"],
  ["up.sh", "docker run -v /a:/a nginx\n", "script"],
  ["playbook.yml", "- hosts: all\n  tasks: [{command: docker run -v /a:/a nginx}]\n", "Ansible"],
  [
    "tasks/main.yml",
    "- name: x\n  community.docker.docker_container: {name: x, volumes: ['/a:/a']}\n",
    "Ansible",
  ],
  [
    "Pulumi.yaml",
    "name: a\nruntime: yaml\nresources: {d: {type: 'kubernetes:core/v1:PersistentVolumeClaim'}}\n",
    "policy pack",
  ],
  ["Main.yaml", "resources: {d: {type: 'docker:Volume'}}\n", "policy pack"],
  ["Pulumi.dev.yaml", "config: {a:b: c}\n", "policy pack"],
  ["notes.md", "# apiVersion: v1\n", "nothing in it is known"],
  ["mkdocs.yml", "site_name: x\n", "nothing in it is known"],
  ["list.yaml", "[1, 2]\n", "nothing in it is known"],
  ["data.json", "{}", "nothing in it is known"],
  ["a.timer", "[Timer]\nOnCalendar=daily\n", "starts no container"],
];

describe("a file that no reader takes", () => {
  it.each(nobodyReads)("is an error where it was named: %s", (name, text, why) => {
    files = folderOf({ [name]: text });
    const { code, files: reports, stderr } = files.judged(name);
    expect([code, reports[0]?.verdict, reports[0]?.read]).toEqual([2, "error", false]);
    expect(reports[0]?.error).toContain(why);
    expect(stderr).toContain(`${files.at(name)} could not be judged: `);
  });

  it.each(nobodyReads)("is passed over and counted where it was found in a folder: %s", (name, text) => {
    files = folderOf({ [name]: text, "pod.yaml": pod });
    const { code, files: reports, notRead } = files.judged(".");
    expect(code).toBe(0);
    expect(reports.filter(({ read }) => read)).toHaveLength(1);
    const unread = reports.filter(({ read }) => !read).length;
    expect(unread + notRead.passed.length + notRead.others).toBe(1);
  });

  it("is passed over in a hook, which names every changed file", () => {
    files = folderOf({ "mkdocs.yml": "site_name: x\n", "pod.yaml": pod });
    const { code, files: reports } = files.judged("--skip-unrecognised", "mkdocs.yml", "pod.yaml");
    expect(code).toBe(0);
    expect(reports.map(({ verdict, read }) => [verdict, read])).toEqual([
      ["ok", false],
      ["ok", true],
    ]);
  });
});

describe("nothing found and nothing read", () => {
  const said = (...paths: string[]): string =>
    check(["--node", "compute", ...paths.map((path) => files.at(path))], false).stdout;

  it("are told apart", () => {
    files = folderOf({ "a/pod.yaml": pod, "b/mkdocs.yml": "site_name: x\n", "b/x.txt": "x", "c/.keep": "" });
    expect(said("a")).toBe("1 file judged, no violations.\n");
    expect(said("a", "b")).toBe(
      "1 file judged, no violations.\nNot read: 2 files in which nothing was recognised.\n",
    );
    expect(said("b")).toContain("Nothing was judged: ");
    expect(said("c")).toContain("Nothing was judged: ");
  });

  it("and a template that was found is named, with what to do", () => {
    files = folderOf({ "pod.yaml": pod, "web.container.j2": "[Container]\n" });
    expect(said(".")).toContain("web.container.j2: it is a template: render it first");
  });
});

describe("several units in one file", () => {
  const app =
    "# FileName=web\n[Container]\nImage=docker.io/library/nginx\nVolume=d.volume:/data\n---\n# FileName=d\n[Volume]\n";

  it("are each judged, named or found in a folder", () => {
    files = folderOf({ "app.quadlets": app });
    expect(files.verdicts("app.quadlets")).toEqual(["violation"]);
    expect(files.verdicts(".")).toEqual(["violation"]);
  });

  it("find each other, and nothing else is said of them", () => {
    const nfs = app.replace("[Volume]", "[Volume]\nType=nfs\nDevice=storage:/d");
    files = folderOf({ "app.quadlets": nfs });
    expect(files.verdicts("app.quadlets")).toEqual(["ok"]);
    files.put({ "d.volume": "[Volume]\n" });
    // The unit of the same file counts, and the other one for itself.
    expect(files.verdicts("app.quadlets", "d.volume")).toEqual(["ok", "violation"]);
  });

  it("take the drop-ins of their names", () => {
    files = folderOf({
      "app.quadlets": "# FileName=web\n[Container]\nImage=nginx\n",
      "web.container.d/10.conf": "[Container]\nVolume=/srv/web:/data\n",
    });
    expect(files.verdicts("app.quadlets")).toEqual(["violation"]);
  });

  it.each([
    ["a unit without a name", "# FileName=a\n[Container]\nImage=x\n---\n[Volume]\n", "FileName"],
    ["a unit of no kind", "# FileName=a\n[Install]\n", "none of the sections"],
    ["no unit", "# nothing\n", "no unit"],
  ])("are an error with %s", (_, text, why) => {
    files = folderOf({ "app.quadlets": text });
    expect(files.judged("app.quadlets").files[0]?.error).toContain(why);
  });
});

describe("what says nothing of where data is", () => {
  it.each([
    ["a part of a compose file", "part.yaml", "services: {web: {ports: ['80:80']}}\n"],
    ["a file of includes", "all.yaml", "include: []\n"],
    ["a Kustomization without an ending", "Kustomization", "resources: []\n"],
    ["an empty file", "empty.yaml", "# nothing yet\n"],
  ])("is read all the same: %s", (_, name, text) => {
    files = folderOf({ [name]: text });
    expect(files.judged(name).files[0]).toMatchObject({ verdict: "ok", read: true });
    expect(files.judged(".").files).toHaveLength(1);
  });
});
