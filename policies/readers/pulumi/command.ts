/** Resources of the command provider: what is run or put on a machine over SSH, and what runs ssh here. */
import { isUnknown, unknown } from "../../engine/facts";
import type { Told } from "../../engine/facts";
import { fields, record, text, textMap } from "../values";
import { connectionPlacement } from "./homelab";
import { addUnclear, putOnNode } from "./put-file";
import type { PutFile, Putting } from "./put-file";
import { isNotYet, notYetWhy, told } from "./resource";
import type { PulumiResource, ReadContext } from "./resource";
import { declaredIn, readScript } from "./shell/script";
import { quotedWord } from "./shell/statements";

export function readCommand(resource: PulumiResource, context: ReadContext): void {
  const [, module, kind] = resource.type.split(":");
  const { inputs } = resource;
  const placement = connectionPlacement(inputs.connection);
  if (module === "local") {
    readLocal({ resource, context, placement: unknown("it runs where Pulumi runs") });
    return;
  }
  const putting: Putting = { resource, context, placement };
  if (kind === "Command") readTexts(putting);
  else if (kind === "CopyToRemote")
    putOnNode(fromAsset(inputs.source, told(inputs.remotePath), context), putting, readScript);
  else if (kind === "CopyFile") {
    const path = told(inputs.remotePath) ?? unknown("it states no remotePath");
    putOnNode([{ path, content: fileText(told(inputs.localPath), context) }], putting, readScript);
  }
}

function readTexts(putting: Putting): void {
  const { inputs } = putting.resource;
  const declared = ["create", "update"]
    .map((verb) => declaredIn(text(inputs[verb]) ?? ""))
    .find((one) => one !== undefined);
  const own = { ...putting, ephemeral: declared };
  const stdin = told(inputs.stdin);
  for (const verb of ["create", "update"]) {
    const command = told(inputs[verb]);
    if (command === undefined) continue;
    if (verb === "update" && inputs.update === inputs.create) continue;
    if (isUnknown(command)) addUnclear(own, `its ${verb}: ${command.why}`);
    else readScript(command, own, stdin);
  }
}

/** A local command matters where it reaches a machine or the cluster, or where that cannot be known. */
function readLocal(putting: Putting): void {
  const { inputs } = putting.resource;
  const stdin = told(inputs.stdin);
  const variables = Object.entries(textMap(inputs.environment)).map(
    ([name, value]) => `export ${name}=${quotedWord(value)}\n`,
  );
  for (const verb of ["create", "update"]) {
    const command = told(inputs[verb]);
    if (command === undefined || (verb === "update" && inputs.update === inputs.create)) continue;
    const own = { ...putting, local: true, ephemeral: declaredIn(text(inputs[verb]) ?? "") };
    if (isUnknown(command)) addUnclear(own, `its ${verb}: ${command.why}`);
    else readScript(variables.join("") + command, own, stdin);
  }
}

function fileText(path: Told<string> | undefined, context: ReadContext): Told<string> {
  if (path === undefined) return unknown("it states no source");
  if (isUnknown(path)) return path;
  return context.readFile(path) ?? unknown(`the file ${path} could not be read`);
}

function fromAsset(source: unknown, remotePath: Told<string> | undefined, context: ReadContext): PutFile[] {
  const path = remotePath ?? unknown("it states no remotePath");
  const asset = record(source);
  if (isNotYet(source) || asset === undefined)
    return [{ path, content: unknown(`its source: ${notYetWhy}`) }];
  switch (asset.asset) {
    case "text":
      return [{ path, content: told(asset.text) ?? "" }];
    case "file":
      return [{ path, content: fileText(told(asset.path), context) }];
    case "assets":
      return Object.entries(fields(asset.assets)).flatMap(([name, inner]) =>
        fromAsset(inner, isUnknown(path) ? path : `${path.replace(/\/$/, "")}/${name}`, context),
      );
    case "folder":
      return folder(told(asset.path), path, context);
    default:
      return [{ path, content: unknown("its source cannot be seen") }];
  }
}

function folder(from: Told<string> | undefined, to: Told<string>, context: ReadContext): PutFile[] {
  if (from === undefined || isUnknown(from))
    return [{ path: to, content: unknown("its folder cannot be seen") }];
  const files = context.filesIn(from);
  if (files === undefined) return [{ path: to, content: unknown(`the folder ${from} could not be read`) }];
  return files.map((name) => ({
    path: isUnknown(to) ? to : `${to.replace(/\/$/, "")}/${name}`,
    content: fileText(`${from}/${name}`, context),
  }));
}
