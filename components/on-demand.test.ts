import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const snippet = `
import { K3sServer } from "./k3s";
import { MinioNode } from "./minio-node";
import { PostgresNode } from "./postgres-node";
import { PostgresReplica, type PostgresReplicaArgs } from "./postgres-replica";
import { k3sServerSchema, minioSchema, postgresSchema } from "../services";
import { isAlwaysOn, type Node } from "../topology";
import { PodService } from "./pod-service";
import { QuadletService } from "./quadlet-service";
import { type PodRun, type QuadletRun } from "../services";
declare const run: QuadletRun;
declare const pods: PodRun;
declare const always: Node<"always-on">;
declare const onDemand: Node<"on-demand">;
declare const either: Node;
const sshIdentity = undefined;
const postgres = { settings: postgresSchema.parse({}), clients: [], sshIdentity };
const minio = { settings: minioSchema.parse({}), sshIdentity };
new PostgresNode("a", { node: always, ...postgres });
new PostgresNode("b", { node: onDemand, ...postgres }); // wrong
new PostgresNode("c", { node: either, ...postgres }); // wrong
if (isAlwaysOn(either)) new PostgresNode("d", { node: either, ...postgres });
declare const replica: Omit<PostgresReplicaArgs, "node">;
new PostgresReplica("k", { node: always, ...replica });
new PostgresReplica("l", { node: onDemand, ...replica }); // wrong
new PostgresReplica("m", { node: either, ...replica }); // wrong
new MinioNode("e", { node: always, ...minio });
new MinioNode("f", { node: onDemand, ...minio }); // wrong
new MinioNode("g", { node: either, ...minio }); // wrong
const k3s = { settings: k3sServerSchema.parse({}), agents: [], sshIdentity };
new K3sServer("h", { node: always, ...k3s });
new K3sServer("i", { node: onDemand, ...k3s }); // wrong
new K3sServer("j", { node: either, ...k3s }); // wrong
const kept = { run, sshIdentity, keeps: { kind: "persistent", paths: ["/srv/x"], backup: "files" } } as const;
new QuadletService("n", { node: always, ...kept });
new QuadletService("o", { node: onDemand, ...kept }); // wrong
new QuadletService("p", { node: either, ...kept }); // wrong
new QuadletService("q", { node: onDemand, ...kept, keeps: { kind: "nothing" } });
const inPods = { run: pods, keeps: kept.keeps, namespace: "x", inNamespace: {}, inCluster: {} };
new PodService("r", { node: always, ...inPods });
new PodService("s", { node: onDemand, ...inPods }); // wrong
new PodService("t", { node: either, ...inPods }); // wrong
new PodService("u", { node: onDemand, ...inPods, keeps: { kind: "nothing" } });
`;

it("does not compile to keep data on a node that is, or may be, on-demand", { timeout: 60_000 }, () => {
  const root = join(__dirname, "..");
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: unknown };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const file = join(__dirname, "on-demand.snippet.ts");
  const host = ts.createCompilerHost(options);
  const onDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (path, ...rest) =>
    path === file
      ? ts.createSourceFile(path, snippet, ...(rest.slice(0, 1) as [ts.ScriptTarget]))
      : onDisk(path, ...rest);
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  const found = program.getSemanticDiagnostics(source).map(({ start, messageText }) => ({
    line: source?.getLineAndCharacterOfPosition(start ?? 0).line,
    text: ts.flattenDiagnosticMessageText(messageText, "\n"),
  }));
  const wrong = snippet.split("\n").flatMap((line, i) => (line.endsWith("// wrong") ? [i] : []));
  expect(found.map(({ line }) => line)).toEqual(wrong);
  for (const { text } of found) expect(text).toContain('"always-on"');
});
