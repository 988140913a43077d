/** Files that no reader takes: what they are, and who judges them. */
import { fields, record, records, text } from "../values";
import { baseName } from "./context";

/** Endings of templates: what they hold is known only when they were rendered. */
const templates =
  /\.(j2|jinja2?|in|tpl|tmpl|gotmpl|erb|ejs|epp|mustache|hbs|handlebars|mako|template|dist)$/i;

const rendered =
  "it is a template: render it first and check what comes out, as in RENDER | npx homelab policy check -";

/** What a file is by its name, with who answers for it. */
const byName: readonly (readonly [RegExp, string])[] = [
  [
    /\.(tf|tofu|tfvars)(\.json)?$|\.terraform\.lock\.hcl$|(^|\/)terragrunt\.hcl$/i,
    "it is Terraform's, which is not read here: check the manifests or files that it makes, let the cluster's admission policies answer for what it applies, and the policy pack for what Pulumi runs",
  ],
  [
    /\.nomad(\.hcl)?$/i,
    "it is a job of Nomad, which is not read here: what its client keeps on a node is found by the audit of that node",
  ],
  [
    /\.(hcl|cue|jsonnet|libsonnet|dhall|nix|pkl|k)$/i,
    "it is written in a language that makes configuration: render it to manifests or compose files and check those",
  ],
  [
    /(^|\/)(Dockerfile|Containerfile)(\.[^/]*)?$|\.(dockerfile|containerfile)$/i,
    "it builds an image: where a container of it keeps data is said by what runs it",
  ],
  [
    /\.(ts|tsx|mts|cts|js|mjs|cjs|py|go|cs|fs|java|kt|scala|rb|rs)$/i,
    "it is a program: what a Pulumi program makes is judged by the policy pack at preview and at up",
  ],
  [
    /\.(sh|bash|zsh|fish|ps1)$|(^|\/)(Makefile|Justfile|Vagrantfile)$/i,
    "it is a script: what a command sets up on a node is judged by the policy pack, where the program runs it",
  ],
  [
    /\.(timer|socket|target|path|slice|mount|automount|swap|device|scope)$/i,
    "it is a unit of systemd that starts no container",
  ],
];

/** Why a file without a reader is not judged, by its name; undefined where the name says nothing. */
export function foreignByName(path: string): string | undefined {
  if (templates.test(baseName(path))) return rendered;
  return byName.find(([pattern]) => pattern.test(path))?.[1];
}

/** The same by what stands in a document of YAML or JSON. */
export function foreignByContent(documents: readonly unknown[], path: string): string | undefined {
  const first = fields(documents[0]);
  const name = baseName(path);
  if (/^(Pulumi|Main)(\.[^/]*)?\.ya?ml$/.test(name) || isPulumiProgram(first)) {
    return isPulumiProgram(first)
      ? "it is a Pulumi program: it is judged by the policy pack at preview and at up (pulumi preview --policy-pack policies)"
      : "it is a setting of Pulumi: what its program makes is judged by the policy pack at preview and at up";
  }
  if (documents.some((one) => Array.isArray(one) && records(one).some(isPlay))) {
    return "it is Ansible's, which is not read here: check the manifests, compose files and units that it puts on a node once they are rendered";
  }
  if (record(first.job) !== undefined && record(first.services) === undefined) {
    return "it looks like a job of Nomad, which is not read here: what its client keeps on a node is found by the audit of that node";
  }
  if (record(first.terraform) !== undefined || record(first.resource) !== undefined) {
    return "it is Terraform's, which is not read here: check what it makes";
  }
  if (text(first.AWSTemplateFormatVersion) !== undefined)
    return "it is CloudFormation's, which is not read here";
  return undefined;
}

function isPulumiProgram(document: Readonly<Record<string, unknown>>): boolean {
  const resources = Object.values(fields(document.resources));
  return resources.some((one) => /^[\w-]+:([\w./-]+:)?\w+$/.test(text(fields(one).type) ?? ""));
}

/** A play, or a task of a role: a list of what to do. */
function isPlay(one: Readonly<Record<string, unknown>>): boolean {
  if (one.hosts !== undefined || one.import_playbook !== undefined) return true;
  return Object.keys(one).some((key) => /^(ansible|community|containers|kubernetes)\.\w+\.\w+$/.test(key));
}

/** What is said of everything else. */
export const unrecognised =
  "nothing in it is known to this check, which reads Kubernetes manifests, kustomizations, Helm values, compose files, quadlets and systemd services";
