import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "./check";
import type { FileReport } from "./report";

const claim = (storageClass: string): string =>
  `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\nspec: { storageClassName: ${storageClass}, accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }\n`;
const pod = (name: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec:\n  containers: [{ name: c, image: "example.org/a" }]\n  volumes: [{ name: d, persistentVolumeClaim: { claimName: data } }]\n`;

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);
const put = (path: string, text: string): void => {
  mkdirSync(join(at(path), ".."), { recursive: true });
  writeFileSync(at(path), text);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-"));
  put(
    "topology.yaml",
    "nodes: { a: { lifecycle: always-on }, b: { lifecycle: on-demand } }\nstorageClasses: { network: [nfs] }\n",
  );
  put("one/pvc.yaml", claim("nfs"));
  put("one/pod.yaml", pod("one"));
  put("two/pvc.yaml", claim("local-path"));
  put("two/pod.yaml", pod("two"));
  put("broken.yaml", "a: [1\n");
  put("not-only-objects.json", '{"a": 1} 2');
  put("binary.yaml", "\u0000\u0001");
  put("empty.yaml", "");
  writeFileSync(at("latin.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
  put("bomb.yaml", bomb());
});

/** Ten lists, each of ten times the one before: small to write, endless to walk. */
function bomb(): string {
  const levels = Array.from({ length: 10 }, (_, level) => {
    const previous = level === 0 ? "x" : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array<string>(10).fill(previous).join(", ")}]`;
  });
  return `apiVersion: example.org/v1\nkind: Widget\n${levels.join("\n")}\n`;
}

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly code: number;
  readonly stderr: string;
  readonly files: readonly FileReport[];
  readonly byPath: Readonly<Record<string, string>>;
}

function json(...args: string[]): Answer {
  const { code, stdout, stderr } = check(
    ["--output", "json", "--topology", at("topology.yaml"), ...args],
    false,
  );
  const { files } = JSON.parse(stdout) as { files: readonly FileReport[] };
  return {
    code,
    stderr,
    files,
    byPath: Object.fromEntries(files.map(({ path, verdict }) => [path, verdict])),
  };
}

describe("standard input", () => {
  const piped = (input: string): { code: number | null; said: string } => {
    const cli = join(__dirname, "../cli.cjs");
    const given = ["check", "--node", "b", "--output", "json", "--topology", at("topology.yaml"), "-"];
    const { status, stdout } = spawnSync(process.execPath, [cli, ...given], { input, encoding: "utf8" });
    return { code: status, said: stdout };
  };

  it("is judged like a file, whatever it holds", () => {
    expect(piped(`${claim("nfs")}---\n${pod("piped")}`).code).toBe(0);
    expect(piped(claim("local-path")).said).toContain('"path":"-","verdict":"violation"');
  });

  it("is an error where nothing comes, or nothing that can be read", () => {
    expect(piped("\n")).toEqual({ code: 2, said: expect.stringContaining("nothing came in") as string });
    expect(piped("a: [1\n").code).toBe(2);
  });
});

describe("what stands beside a file and was not given", () => {
  it("is looked at for a quadlet's volume, and answers for itself only when it is given", () => {
    put("units/a.container", "[Container]\nImage=example.org/a\nVolume=far.volume:/far\n");
    put("units/b.container", "[Container]\nImage=example.org/b\nVolume=near.volume:/near\n");
    put("units/far.volume", "[Volume]\nType=nfs\nDevice=192.168.1.11:/far\n");
    put("units/near.volume", "[Volume]\n");
    const given = [at("units/a.container"), at("units/b.container")];
    expect(json("--node", "b", ...given).files.map(({ verdict }) => verdict)).toEqual(["ok", "violation"]);
  });

  it("is read for a compose file that includes it, and for one that it overrides", () => {
    put("project/compose.yaml", "include: [db/part.yaml]\nservices: { web: { image: example.org/a } }\n");
    put("project/db/part.yaml", "services: { db: { image: example.org/b, volumes: [/data] } }\n");
    put("project/compose.override.yaml", 'services: { web: { volumes: ["./x:/x"] } }\n');
    const compose = json("--node", "b", at("project/compose.yaml"));
    expect(compose.files[0]?.violations.map(({ resource }) => resource)).toEqual([
      "service db",
      "service web",
    ]);
    const override = json("--node", "b", at("project/compose.override.yaml"));
    expect(override.files[0]?.violations.map(({ resource }) => resource)).toEqual([
      "service db",
      "service web",
    ]);
  });

  it("ends where compose files include each other", () => {
    put(
      "circle/compose.yaml",
      "include: [two.yaml]\nservices: { a: { image: example.org/a, volumes: [/a] } }\n",
    );
    put("circle/two.yaml", "include: [three.yaml]\nservices: { b: { image: example.org/b } }\n");
    put("circle/three.yaml", "include: [two.yaml]\nservices: { c: { image: example.org/c } }\n");
    const circle = json("--node", "b", at("circle/compose.yaml"));
    expect(circle.files[0]?.violations).toHaveLength(1);
    expect(circle.files[0]?.error).toContain("includes itself");
  });
});

describe("the check command", () => {
  it("answers 0 and says nothing is wrong when nothing is", () => {
    expect(json("--node", "b", at("one"))).toMatchObject({ code: 0, stderr: "" });
  });

  it("answers 1 for violations, in the order of the files given", () => {
    const { code, files } = json("--node", "b", at("two", "pvc.yaml"), at("one"));
    expect(code).toBe(1);
    expect(files.map(({ path }) => path)).toEqual([
      at("two", "pvc.yaml"),
      at("one", "pod.yaml"),
      at("one", "pvc.yaml"),
    ]);
  });

  it("takes the claim of the same folder, not one of the same name from elsewhere", () => {
    expect(json("--node", "b", at("one"), at("two")).byPath).toEqual({
      [at("one", "pod.yaml")]: "ok",
      [at("one", "pvc.yaml")]: "ok",
      [at("two", "pod.yaml")]: "violation",
      [at("two", "pvc.yaml")]: "violation",
    });
  });

  it("resolves a claim over all files that were given, and misses one that was not", () => {
    expect(json("--node", "b", at("one", "pod.yaml"), at("one", "pvc.yaml")).code).toBe(0);
    expect(json("--node", "b", at("one", "pod.yaml")).code).toBe(1);
  });

  it("answers 2 for what cannot be read, names it, and still judges the rest", () => {
    const names = ["broken.yaml", "not-only-objects.json", "binary.yaml", "latin.yaml", "bomb.yaml"];
    const paths = [...names, "nowhere.yaml"].map((name) => at(name));
    const { code, stderr, byPath, files } = json("--node", "b", ...paths, at("two", "pvc.yaml"));
    expect(code).toBe(2);
    for (const path of paths) {
      expect(byPath[path]).toBe("error");
      expect(stderr).toContain(`${path} could not be judged: `);
      expect(files.find((file) => file.path === path)?.error).toMatch(/\w/);
    }
    expect(byPath[at("two", "pvc.yaml")]).toBe("violation");
  });

  it("finds nothing to judge in an empty file", () => {
    expect(json("--node", "b", at("empty.yaml"))).toMatchObject({ code: 0 });
  });

  it("adds network classes given on the command line", () => {
    expect(json("--node", "b", "--network-class", "local-path", at("two")).code).toBe(0);
    expect(json("--node", "b", "--network-class=other,local-path", at("two")).code).toBe(0);
  });

  it("takes a node that the topology does not know as on-demand and says so", () => {
    const { code, stderr } = json("--node", "c", at("two"));
    expect(code).toBe(1);
    expect(stderr).toContain("c is not in the topology and is taken as on-demand");
  });

  it("finds nothing on an always-on node", () => {
    expect(json("--node", "a", at("two")).code).toBe(0);
  });

  it("goes by the stated placement when no node is named", () => {
    put("placed.yaml", pod("placed").replace("spec:\n", "spec:\n  nodeName: a\n"));
    expect(json(at("placed.yaml")).code).toBe(0);
    expect(json(at("two", "pod.yaml")).code).toBe(1);
  });

  it("explains itself to people, in colour only when asked", () => {
    const args = ["--topology", at("topology.yaml"), "--node", "b", at("two", "pvc.yaml")];
    const plain = check(args, false).stdout;
    expect(plain).toContain(at("two", "pvc.yaml"));
    expect(plain).toContain("way out: ");
    expect(plain).toContain("1 file judged, 1 violation.");
    expect(plain).not.toContain("\u001b[");
    expect(check(args, true).stdout).toContain("\u001b[31m");
  });

  it.each([
    [[], "no PATH was given"],
    [["--colour", "x"], "--colour is not an option"],
    [["--node"], "--node needs a value"],
    [["--output", "xml", "x"], "--output must be text or json"],
    [["--topology", "/nowhere/t.yaml", "x"], "The topology /nowhere/t.yaml cannot be read"],
  ])("answers 2 and a sentence for %j", (args, sentence) => {
    const { code, stdout, stderr } = check(args, false);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
  });
});
