import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  containerUnit,
  joinWords,
  parse,
  render,
  serviceUnit,
  splitWords,
  UnitError,
  valueOf,
  valuesOf,
  volumeUnit,
} from ".";
import type { ContainerUnit } from ".";

const web: ContainerUnit = {
  unit: {
    description: "A web server, 100 %",
    after: ["network-online.target"],
    wants: ["network-online.target"],
  },
  container: {
    image: "localhost/web:1",
    pull: "never",
    containerName: "web",
    network: "host",
    environment: { B: "two words", A: "$HOME" },
    secrets: [{ name: "token", target: "t", mode: "0400" }],
    mounts: [
      { source: "/srv/web", target: "/data" },
      { source: "/etc/web", target: "/etc/web", readOnly: true },
    ],
    exec: ["-c", 'say "hi"', "50%", "a\\b"],
  },
  service: { restart: "always", timeoutStartSec: 60 },
  install: { wantedBy: ["multi-user.target"] },
};

describe("writing a container unit", () => {
  it("gives the keys in one order, maps sorted and everything escaped", () => {
    expect(render(containerUnit(web))).toBe(`[Unit]
Description=A web server, 100 %%
After=network-online.target
Wants=network-online.target

[Container]
ContainerName=web
Image=localhost/web:1
Pull=never
Network=host
Environment=A=$$HOME
Environment="B=two words"
Secret=token,type=mount,target=t,mode=0400
Volume=/srv/web:/data
Volume=/etc/web:/etc/web:ro
Exec=-c "say \\"hi\\"" 50%% "a\\\\b"

[Service]
Restart=always
TimeoutStartSec=60

[Install]
WantedBy=multi-user.target
`);
  });

  const refused: [string, Partial<ContainerUnit["container"]>, RegExp][] = [
    ["a line break in an argument", { exec: ["a\nb"] }, /line break/],
    ["a line break in a variable", { environment: { A: "x\ny" } }, /line break/],
    ["a line break in the image", { image: "x\nExec=evil" }, /line break/],
    ["an empty argument", { exec: ["a", ""] }, /empty argument/],
    ["a colon in a path", { mounts: [{ source: "/a:b", target: "/c" }] }, /colon/],
    ["a relative target", { mounts: [{ source: "/a", target: "c" }] }, /absolute/],
    ["a comma in a secret", { secrets: [{ name: "a,type=env" }] }, /comma/],
    ["an outer blank", { shmSize: " 2g" }, /blank/],
    ["a trailing backslash", { image: "x\\" }, /backslash/],
  ];
  it.each(refused)("refuses %s", (_what, change, message) => {
    const write = () => render(containerUnit({ ...web, container: { ...web.container, ...change } }));
    expect(write).toThrow(UnitError);
    expect(write).toThrow(message);
  });
});

describe("writing other units", () => {
  it("writes a oneshot service with its commands and plain environment", () => {
    const text = render(
      serviceUnit({
        unit: { description: "Rules" },
        service: {
          type: "oneshot",
          remainAfterExit: true,
          environment: { A: "$x" },
          execStart: [["/usr/sbin/nft", "-f", "/etc/x y"]],
        },
      }),
    );
    expect(text).toContain(
      'Type=oneshot\nRemainAfterExit=true\nEnvironment=A=$x\nExecStart=/usr/sbin/nft -f "/etc/x y"\n',
    );
  });

  it("writes another program than the image's, and a mount that follows the node's", () => {
    const text = render(
      containerUnit({
        ...web,
        container: {
          ...web.container,
          entrypoint: "/bin/node_exporter",
          mounts: [{ source: "/", target: "/host", readOnly: true, propagation: "rslave" }],
        },
      }),
    );
    expect(text).toContain("Volume=/:/host:ro,rslave\n");
    expect(text).toContain("Entrypoint=/bin/node_exporter\nExec=");
  });

  it("writes a network volume", () => {
    const unit = volumeUnit({
      unit: { description: "Share" },
      volumeName: "share",
      type: "nfs",
      device: "nas:/x",
    });
    expect(render(unit)).toContain("[Volume]\nVolumeName=share\nDevice=nas:/x\nType=nfs\n");
  });
});

describe("reading a unit", () => {
  it("joins continued lines, skips comments between them and keeps repeated keys in order", () => {
    const unit = parse(
      "# top\n[Container]\nExec=a \\\n  # inside\n  b\nVolume=x:/x\n; more\nVolume = y:/y\n[Unit]\n[Container]\nVolume=z:/z\n",
    );
    expect(splitWords(valueOf(unit, "Container", "Exec") ?? "")).toEqual(["a", "b"]);
    expect(valuesOf(unit, "Container", "Volume")).toEqual(["x:/x", "y:/y", "z:/z"]);
  });

  it("lets an empty assignment clear the list", () => {
    expect(
      valuesOf(parse("[Service]\nExecStart=/a\nExecStart=\nExecStart=/b"), "Service", "ExecStart"),
    ).toEqual(["/b"]);
  });

  it("resolves quotes and escapes", () => {
    expect(splitWords(`a'b c'd "e\\x41\\t" \\u00e9 ""`)).toEqual(["ab cd", "eA\t", "é", ""]);
    expect(() => splitWords('"open')).toThrow(/not closed/);
    expect(() => splitWords("\\q")).toThrow(/no escape/);
  });

  it("names the line that is none", () => {
    expect(() => parse("[A]\nrubbish")).toThrow("line 2");
    expect(() => parse("A=b")).toThrow("before any section");
  });
});

describe("round trips", () => {
  const word = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
    // eslint-disable-next-line no-control-regex -- control characters are refused by design
    .filter((text) => !/[\u0000-\u001f\u007f\u0085\u2028\u2029]/u.test(text));

  it("gives back every argument, whatever it holds", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (argv) => {
        const text = render(containerUnit({ ...web, container: { ...web.container, exec: argv } }));
        expect(splitWords(valueOf(parse(text), "Container", "Exec") ?? "")).toEqual(argv);
        expect(splitWords(joinWords(argv))).toEqual(argv);
      }),
    );
  });

  it("reads back every unit it wrote, and writes the same text again", () => {
    const name = fc.stringMatching(/^[A-Z][A-Za-z]{0,8}$/);
    const value = word.map((text) => text.trim()).filter((text) => !text.endsWith("\\"));
    const section = fc.record({
      name,
      entries: fc.array(fc.record({ key: name, value }), { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(section, { selector: (s) => s.name, maxLength: 4 }), (sections) => {
        const text = render({ sections });
        expect(parse(text)).toEqual({ sections });
        expect(render(parse(text))).toBe(text);
      }),
    );
  });
});

// QUADLET_GENERATOR: one that is not installed, such as out of a newer package.
const generator = [
  process.env.QUADLET_GENERATOR ?? "",
  "/usr/libexec/podman/quadlet",
  "/usr/lib/systemd/system-generators/podman-system-generator",
].find((path) => existsSync(path));

describe.skipIf(generator === undefined)("podman's own generator", () => {
  it("accepts a written unit and gives podman the same arguments", () => {
    const dir = mkdtempSync(join(tmpdir(), "quadlet-"));
    try {
      writeFileSync(join(dir, "web.container"), render(containerUnit(web)));
      const out = execFileSync(generator ?? "", ["--dryrun"], {
        encoding: "utf8",
        env: { ...process.env, QUADLET_UNIT_DIRS: dir },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const argv = splitWords(valueOf(parse(out.replace(/^---.*---$/gm, "")), "Service", "ExecStart") ?? "");
      expect(argv.slice(-4)).toEqual(web.container.exec);
      expect(argv).toContain("A=$HOME");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
