import { execFileSync } from "node:child_process";
import path from "node:path";

/** The repository's root folder. */
export const root = path.resolve(__dirname, "../../..");

/** One line of `toolchain.sh report`. */
export interface Part {
  readonly name: string;
  readonly kind: string;
  readonly version: string;
  readonly path: string;
  readonly why: string;
}

/** The parts of the toolchain, made ready first. @throws when it cannot be made ready */
export function report(): Part[] {
  const lines = execFileSync(path.join(root, "packages/plugins/toolchain.sh"), ["report"], {
    encoding: "utf8",
  });
  return lines
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", kind = "", version = "", file = "", why = ""] = line.split("\t");
      return { name, kind, version, path: file, why };
    });
}

/** The environment in which a shell uses the toolchain. */
export function environment(): NodeJS.ProcessEnv {
  const script = `eval "$(packages/plugins/toolchain.sh env)" && printf '%s\\n' "$PATH" "$PULUMI_HOME"`;
  const [PATH, PULUMI_HOME] = execFileSync("bash", ["-c", script], { cwd: root, encoding: "utf8" }).split(
    "\n",
  );
  return { ...process.env, PATH, PULUMI_HOME, PULUMI_SKIP_UPDATE_CHECK: "true" };
}
