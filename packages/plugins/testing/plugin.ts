import { type ChildProcess, spawn } from "node:child_process";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

/** By this key the engine and plugins mark a wrapped value; the second is its value for secrets. */
const mark = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";
const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Properties = Record<string, JavaScriptValue>;

export const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && (value as Record<string, unknown>)[mark] === secretMark;

/** A value without the outermost secret. */
const reveal = (value: unknown): unknown => (isSecret(value) ? (value as { value: unknown }).value : value);

export const isUnknown = (value: unknown): boolean => reveal(value) === unknownText;

type Method<Q, R> = (request: Q, done: (error: grpc.ServiceError | null, response: R) => void) => unknown;

async function call<Q, R>(method: Method<Q, R>, request: Q): Promise<R> {
  return new Promise((resolve, reject) => {
    method(request, (error, response) => {
      if (error) reject(new Error(error.details));
      else resolve(response);
    });
  });
}

/** A plugin's process, spoken to as the engine does. */
export class Plugin {
  private process: ChildProcess | undefined;
  private client: ResourceProviderClient | undefined;

  constructor(private readonly file: string) {}

  async start(): Promise<void> {
    const child = spawn(this.file, [], { stdio: ["ignore", "pipe", "inherit"] });
    this.process = child;
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (line: Buffer) => {
        resolve(line.toString().trim());
      });
      child.once("exit", () => {
        reject(new Error(`${this.file} ended before it was ready`));
      });
    });
    this.client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  }

  stop(): void {
    this.client?.close();
    this.process?.kill();
  }

  private get open(): ResourceProviderClient {
    if (this.client === undefined) throw new Error("not started");
    return this.client;
  }

  private static urn(token: string): string {
    return `urn:pulumi:stack::project::${token}::name`;
  }

  async check(token: string, news: Properties): Promise<{ inputs: Properties; failures: string[] }> {
    const request = new rpc.CheckRequest();
    request.setUrn(Plugin.urn(token));
    request.setNews(Struct.fromJavaScript(news));
    request.setOlds(Struct.fromJavaScript({}));
    request.setRandomseed(new Uint8Array(32));
    const client = this.open;
    const response = await call(
      client.check.bind(client) as Method<rpc.CheckRequest, rpc.CheckResponse>,
      request,
    );
    return {
      inputs: response.getInputs()?.toJavaScript() ?? {},
      failures: response.getFailuresList().map((failure) => failure.getReason()),
    };
  }

  /** What a preview of a new resource shows. */
  async previewCreate(token: string, inputs: Properties): Promise<Properties> {
    const request = new rpc.CreateRequest();
    request.setUrn(Plugin.urn(token));
    request.setProperties(Struct.fromJavaScript(inputs));
    request.setPreview(true);
    const client = this.open;
    const response = await call(
      client.create.bind(client) as Method<rpc.CreateRequest, rpc.CreateResponse>,
      request,
    );
    return response.getProperties()?.toJavaScript() ?? {};
  }

  /** The properties that differ, and those that make the resource anew. */
  async diff(
    token: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changed: string[]; replaces: string[] }> {
    const request = new rpc.DiffRequest();
    request.setUrn(Plugin.urn(token));
    request.setId("id");
    request.setOlds(Struct.fromJavaScript(olds));
    request.setOldInputs(Struct.fromJavaScript(olds));
    request.setNews(Struct.fromJavaScript(news));
    const client = this.open;
    const response = await call(
      client.diff.bind(client) as Method<rpc.DiffRequest, rpc.DiffResponse>,
      request,
    );
    // Paths such as `environment.A` and `triggers[0]`: the property is their first part.
    const properties = (paths: string[]): string[] => [
      ...new Set(paths.map((at) => at.split(/[.[]/)[0] ?? at)),
    ];
    return { changed: properties(response.getDiffsList()), replaces: properties(response.getReplacesList()) };
  }
}
