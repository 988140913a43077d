import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scriptText } from "./run";

/** secret.sh with a played podman: a secret is a file, its id counts the changes. */
let folder: string;
const kept = (name: string) => join(folder, "graph/secrets", name);
const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

const podman = `#!/bin/bash
set -eu
store=$(dirname "$0")/../graph/secrets name="\${*: -1}"
[ ! -e "$store/../../broken" ] || exit 125
if [ "$1" = info ]; then echo "\${store%/*}" && exit; fi
case "$2" in
exists) [ -e "$store/$name" ] ;;
inspect)
  case "$*" in
  *whole*) [ ! -s "$store/$name" ] || printf 'whole\\t%s\\n' "$name" ;;
  *SecretData*) cat "$store/$name"; echo ;;
  *Labels*) cat "$store/$name.label" ;;
  *) cat "$store/$name.id" ;;
  esac ;;
create)
  mkdir -p "$store"
  name=\${*: -2:1}
  cat >"$store/$name"
  case "$*" in *"--label homelab=yes"*) echo yes ;; esac >"$store/$name.label"
  echo "id-\${RANDOM}\${RANDOM}" | tee "$store/$name.id" ;;
ls) [ ! -e "$store/damaged" ] || { echo 'Error: unexpected end of JSON input' >&2 && exit 125; }
  [ ! -e "$store/key" ] || echo key ;;
rm) rm -f "$store/$name" "$store/$name.id" ;;
*) exit 125 ;;
esac
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-secret-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "graph/secrets"), { recursive: true });
  writeFileSync(join(folder, "bin/podman"), podman);
  chmodSync(join(folder, "bin/podman"), 0o755);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function ask(
  verb: string,
  value?: string,
  known = false,
): { code: number | null; rows: Map<string, string> } {
  const script = scriptText("secret")
    .replace("PATH=/usr/local/sbin", `PATH=${folder}/bin:/usr/local/sbin`)
    .replace("state=/var/lib/homelab", `state=${folder}/state`);
  const given = [
    ...(value === undefined ? [] : [`value\t${base64(value)}`]),
    ...(known ? ["known\tyes"] : []),
  ];
  const { status, stdout } = spawnSync("bash", ["-c", script], {
    encoding: "utf8",
    input: `${[`verb\t${verb}`, "name\tkey", ...given, "end"].join("\n")}\n`,
  });
  const rows = stdout.split("\n").flatMap((line) => {
    const [key = "", text] = line.split("\t");
    return text === undefined ? [] : [[key, text] as const];
  });
  return { code: status, rows: new Map(rows) };
}

const madeByHand = (value: string) => {
  for (const [what, text] of Object.entries({ key: value, "key.label": "", "key.id": "id-by-hand" })) {
    writeFileSync(kept(what), text);
  }
};

describe("a podman secret", () => {
  it("that a lost state generates again gives way to the one which the node has", () => {
    ask("adopt", "the key to ten years");
    const again = ask("adopt", "a new one");
    expect(again.code).toBe(0);
    expect(again.rows.get("value")).toBe(base64("the key to ten years"));
    expect(readFileSync(kept("key"), "utf8")).toBe("the key to ten years");
  });

  it("is the proposed one where the node has none", () => {
    expect(ask("adopt", "proposed").rows.get("value")).toBe(base64("proposed"));
    expect(readFileSync(kept("key"), "utf8")).toBe("proposed");
  });

  it("is not touched when it has the declared value already, so that nothing restarts", () => {
    const first = ask("apply", "word").rows.get("id");
    expect(ask("apply", "word").rows.get("id")).toBe(first);
    expect(ask("refuse", "word").rows.get("id")).toBe(first);
    expect(ask("adopt", "word").rows.get("id")).toBe(first);
    expect(ask("apply", "other").rows.get("id")).not.toBe(first);
    expect(readFileSync(kept("key"), "utf8")).toBe("other");
  });

  it("keeps the newlines at its end", () => {
    ask("adopt", "user:hash\n\n");
    expect(ask("adopt", "x").rows.get("value")).toBe(base64("user:hash\n\n"));
  });

  it("that a state of before knows otherwise gives way to what this project put there since, not to a hand's", () => {
    ask("apply", "rotated since");
    expect(ask("restore", "what an old copy of the state knows").rows.get("value")).toBe(
      base64("rotated since"),
    );
    madeByHand("by hand");
    expect(ask("restore", "declared", true).rows.get("value")).toBe(base64("declared"));
    expect(readFileSync(kept("key"), "utf8")).toBe("declared");
  });

  it("that somebody had made under that name is kept under another one, and does not make way unsaid", () => {
    madeByHand("mine");
    const aside = ask("apply", "ours", true).rows.get("aside") ?? "";
    expect(aside).toMatch(/^key-set-aside-\w+$/);
    expect([readFileSync(kept(aside), "utf8"), readFileSync(kept("key"), "utf8")]).toEqual(["mine", "ours"]);
    expect(ask("apply", "rotated", true).rows.has("aside")).toBe(false);
  });

  it.each(["apply", "adopt", "restore", "refuse"])(
    "of somebody else's is left alone where no state knows it, until it is marked: %s",
    (verb) => {
      madeByHand("mine");
      for (const value of ["ours", "mine"]) expect(ask(verb, value).code).toBe(24);
      expect(readFileSync(kept("key"), "utf8")).toBe("mine");
      expect(existsSync(join(folder, "state/secrets-made"))).toBe(false);
      writeFileSync(kept("key.label"), "yes");
      expect(ask(verb, "mine").code).toBe(0);
    },
  );

  it("that a state knows from before there were marks is noted as it is, and known without the state from then on", () => {
    madeByHand("of an older version");
    expect(ask("adopt", "a new one", true).rows.get("id")).toBe("id-by-hand");
    expect(ask("adopt", "a new one").rows.get("value")).toBe(base64("of an older version"));
    // The note is of this one, not of its name.
    writeFileSync(kept("key.id"), "id-of-another");
    expect(ask("adopt", "a new one").code).toBe(24);
  });

  it("that must stay is an error, and stays", () => {
    ask("apply", "former");
    expect(ask("refuse", "new").code).toBe(21);
    expect(readFileSync(kept("key"), "utf8")).toBe("former");
  });

  it.each(["adopt", "apply", "restore", "refuse"])(
    "is not taken for missing when podman does not answer: %s",
    (verb) => {
      ask("apply", "former");
      writeFileSync(join(folder, "broken"), "");
      expect(ask(verb, "new").code).toBe(30);
      expect(readFileSync(kept("key"), "utf8")).toBe("former");
    },
  );

  const copy = () => join(folder, "state/secrets-before");
  const aside = () =>
    readdirSync(join(folder, "graph")).filter((name) => name.startsWith("secrets.damaged-"));

  it.each([
    ["their list", "damaged"],
    ["what they hold", "key"],
  ])("comes back with all others when a power cut emptied %s in the middle of a change", (_what, file) => {
    ask("apply", "of the day before");
    // As the run that was cut off left it.
    cpSync(join(folder, "graph/secrets"), copy(), { recursive: true });
    writeFileSync(kept(file), "");
    expect(ask("adopt", "x").rows.get("value")).toBe(base64("of the day before"));
    expect(aside()).toHaveLength(1);
    expect(existsSync(copy())).toBe(false);
  });

  it("is set again when all were emptied and there is no copy; what was there is set aside", () => {
    ask("apply", "former");
    writeFileSync(kept("damaged"), "");
    expect(ask("apply", "of the state").rows.get("value")).toBe(base64("of the state"));
    expect(readFileSync(join(folder, "graph", aside()[0] ?? "", "key"), "utf8")).toBe("former");
  });

  it("leaves no copy behind once its change is on the disk, nor after one that was cut off later", () => {
    ask("apply", "one");
    expect(existsSync(copy())).toBe(false);
    mkdirSync(copy());
    ask("adopt", "two");
    expect(existsSync(copy())).toBe(false);
    expect(readFileSync(kept("key"), "utf8")).toBe("one");
  });

  it("is gone after a removal, which may be repeated", () => {
    ask("apply", "x");
    expect([ask("remove").code, ask("remove").code]).toEqual([0, 0]);
    expect(existsSync(kept("key"))).toBe(false);
  });
});
