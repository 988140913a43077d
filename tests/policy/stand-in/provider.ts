/**
 * A provider that takes every resource of every type and makes nothing: what a policy says of a resource of
 * kubernetes or docker does not depend on a cluster or an engine being there.
 */
import * as grpc from "@grpc/grpc-js";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

type Answer = (request: never) => { serializeBinary(): Uint8Array };

const empty = (): Empty => new Empty();
const configured = (): rpc.ConfigureResponse => {
  const response = new rpc.ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setSupportspreview(true);
  return response;
};

const answers: Readonly<Record<string, Answer>> = {
  getPluginInfo: () => {
    const response = new plugin.PluginInfo();
    response.setVersion(process.env.STAND_IN_VERSION ?? "1.0.0");
    return response;
  },
  checkConfig: checked,
  diffConfig: () => new rpc.DiffResponse(),
  configure: configured,
  check: checked,
  diff: (request: rpc.DiffRequest) => {
    const response = new rpc.DiffResponse();
    const same = text(request.getOldInputs()) === text(request.getNews());
    response.setChanges(
      same ? rpc.DiffResponse.DiffChanges.DIFF_NONE : rpc.DiffResponse.DiffChanges.DIFF_SOME,
    );
    return response;
  },
  create: (request: rpc.CreateRequest) => {
    const response = new rpc.CreateResponse();
    response.setId(request.getPreview() ? "" : "made");
    response.setProperties(request.getProperties());
    return response;
  },
  update: (request: rpc.UpdateRequest) => {
    const response = new rpc.UpdateResponse();
    response.setProperties(request.getNews());
    return response;
  },
  read: (request: rpc.ReadRequest) => {
    const response = new rpc.ReadResponse();
    response.setId(request.getId());
    response.setProperties(request.getProperties());
    response.setInputs(request.getInputs());
    return response;
  },
  delete: empty,
  cancel: empty,
};

/** Names what has no name of its own, as the Kubernetes provider does. */
function checked(request: rpc.CheckRequest): rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  const inputs = request.getNews()?.toJavaScript() ?? {};
  if (request.getUrn().includes("::kubernetes:")) {
    const name = `${request.getUrn().split("::").at(-1) ?? ""}-0a1b2c3d`;
    inputs.metadata = { name, ...(inputs.metadata as Record<string, string> | undefined) };
  }
  response.setInputs(Struct.fromJavaScript(inputs));
  return response;
}

function text(struct: Struct | undefined): string {
  return JSON.stringify(struct?.toJavaScript() ?? {});
}

const implementation = Object.fromEntries(
  Object.entries(answers).map(([name, answer]) => [
    name,
    ((call, done) => {
      done(null, answer(call.request as never));
    }) satisfies grpc.handleUnaryCall<unknown, unknown>,
  ]),
);

const server = new grpc.Server();
server.addService(ResourceProviderService, implementation);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${port}\n`);
});
