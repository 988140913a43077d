import * as grpc from "@grpc/grpc-js";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Context } from "./handler";
import { apply, check, diff, plan, preview, read } from "./lifecycle";
import type { ResourceType } from "./registry";
import type { EngineLog } from "./engine-log";
import { unwrap, type Json } from "./values";
import { errorMessage } from "../packages/errors";

/**
 * The gRPC face of the provider: takes messages apart, asks {@link ./lifecycle}, puts answers together.
 * @see https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
 */

export interface Provider {
  readonly version: string;
  readonly resourceTypes: ReadonlyMap<string, ResourceType>;
  readonly log: EngineLog;
  /** Aborted by the engine's Cancel. */
  readonly signal: AbortSignal;
  cancel(): void;
}

type Answer<Q, R> = (request: Q) => Promise<R>;

function unary<Q, R>(answer: Answer<Q, R>): grpc.handleUnaryCall<Q, R> {
  return (call, done) => {
    answer(call.request).then(
      (response) => {
        done(null, response);
      },
      (error: unknown) => {
        // Errors here are written for people; a stack trace would only hide the sentence.
        const details = errorMessage(error);
        done({ code: grpc.status.UNKNOWN, details });
      },
    );
  };
}

const plain = (struct: Struct | undefined): Json => struct?.toJavaScript() ?? {};
const wire = (value: Json) => Struct.fromJavaScript(value as Record<string, JavaScriptValue>);

function service(provider: Provider): grpc.UntypedServiceImplementation {
  const kindOf = (urn: string): ResourceType => {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const kind = provider.resourceTypes.get(type);
    if (kind === undefined) {
      throw new Error(
        `homelab has no resource of type ${type}: it has ${[...provider.resourceTypes.keys()].join(", ")}.`,
      );
    }
    return kind;
  };
  /** What this preview could not look at. */
  const unseen = new Set<string>();
  const context = (urn: string): Context => ({ log: provider.log.loggerFor(urn), signal: provider.signal });

  const implemented = {
    handshake: unary(() => {
      const response = new rpc.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return Promise.resolve(response);
    }),
    getPluginInfo: unary(() => {
      const response = new plugin.PluginInfo();
      response.setVersion(provider.version);
      return Promise.resolve(response);
    }),
    getSchema: unary(() => {
      const response = new rpc.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: "homelab", version: provider.version }));
      return Promise.resolve(response);
    }),
    checkConfig: unary((request: rpc.CheckRequest) => {
      const response = new rpc.CheckResponse();
      response.setInputs(request.getNews());
      return Promise.resolve(response);
    }),
    diffConfig: unary(() => Promise.resolve(new rpc.DiffResponse())),
    configure: unary(() => {
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return Promise.resolve(response);
    }),
    check: unary((request: rpc.CheckRequest) => {
      const { inputs, failures } = check(kindOf(request.getUrn()), plain(request.getNews()));
      const response = new rpc.CheckResponse();
      response.setInputs(wire(inputs));
      response.setFailuresList(
        failures.map((sentence) => {
          const failure = new rpc.CheckFailure();
          failure.setReason(sentence);
          return failure;
        }),
      );
      return Promise.resolve(response);
    }),
    diff: unary(async (request: rpc.DiffRequest) => {
      const difference = await diff(
        kindOf(request.getUrn()),
        plain(request.getOldInputs()),
        plain(request.getOlds()),
        plain(request.getNews()),
        context(request.getUrn()),
      );
      const { changed, replaces } = difference;
      if (difference.unseen === true) unseen.add(request.getUrn());
      const response = new rpc.DiffResponse();
      const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
      response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
      response.setDiffsList([...changed]);
      response.setReplacesList([...replaces]);
      return response;
    }),
    create: unary(async (request: rpc.CreateRequest) => {
      const type = kindOf(request.getUrn());
      const inputs = plain(request.getProperties());
      const response = new rpc.CreateResponse();
      if (request.getPreview()) {
        await plan(type, inputs, context(request.getUrn()));
        response.setProperties(wire(preview(inputs, undefined)));
        return response;
      }
      const { id, state } = await apply(type, inputs, undefined, context(request.getUrn()));
      response.setId(id);
      response.setProperties(wire(state));
      return response;
    }),
    update: unary(async (request: rpc.UpdateRequest) => {
      const type = kindOf(request.getUrn());
      const inputs = plain(request.getNews());
      const response = new rpc.UpdateResponse();
      if (request.getPreview()) {
        const blind = unseen.has(request.getUrn());
        if (!blind) await plan(type, inputs, context(request.getUrn()), plain(request.getOldInputs()));
        response.setProperties(wire(preview(inputs, plain(request.getOlds()), blind)));
        return response;
      }
      const previous = { inputs: plain(request.getOldInputs()), state: plain(request.getOlds()) };
      const { state } = await apply(type, inputs, previous, context(request.getUrn()));
      response.setProperties(wire(state));
      return response;
    }),
    read: unary(async (request: rpc.ReadRequest) => {
      const type = kindOf(request.getUrn());
      const response = new rpc.ReadResponse();
      if (request.getInputs() === undefined || unwrapEmpty(request.getInputs())) {
        throw new Error(
          `${type.type} cannot be imported: declare it, and the first up takes over what is there.`,
        );
      }
      const inputs = plain(request.getInputs());
      const state = await read(type, inputs, plain(request.getProperties()), context(request.getUrn()));
      response.setId(request.getId());
      response.setInputs(wire(inputs));
      response.setProperties(wire(state));
      return response;
    }),
    delete: unary(async (request: rpc.DeleteRequest) => {
      const type = kindOf(request.getUrn());
      const inputs = plain(request.getOldInputs());
      await type.remove(unwrap(inputs).value, context(request.getUrn()));
      return new Empty();
    }),
    cancel: unary(() => {
      provider.cancel();
      return Promise.resolve(new Empty());
    }),
  };
  return { ...unimplemented(), ...implemented };
}

const unwrapEmpty = (struct: Struct | undefined) => Object.keys(struct?.toJavaScript() ?? {}).length === 0;

function unimplemented(): grpc.UntypedServiceImplementation {
  const refuse: grpc.handleUnaryCall<unknown, unknown> = (call, done) => {
    done({ code: grpc.status.UNIMPLEMENTED, details: `homelab does not implement ${call.getPath()}.` });
  };
  return Object.fromEntries(Object.keys(ResourceProviderService).map((name) => [name, refuse]));
}

/** Starts serving on a free loopback port and gives the port. */
export function serve(provider: Provider): Promise<number> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  server.addService(ResourceProviderService, service(provider));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}
