import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Logger } from "./handler";

/** The engine's log: what is said here stands beside the resource in Pulumi's own output. */
export class EngineLog {
  private readonly engine: EngineClient;

  constructor(address: string) {
    this.engine = new EngineClient(address, grpc.credentials.createInsecure());
  }

  loggerFor(urn: string): Logger {
    return {
      info: (message) => {
        this.say(urn, LogSeverity.INFO, message);
      },
      warn: (message) => {
        this.say(urn, LogSeverity.WARNING, message);
      },
    };
  }

  private say(urn: string, severity: LogSeverity, message: string): void {
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(severity);
    request.setMessage(message);
    this.engine.log(request, () => {
      // A message that cannot be shown is no reason to stop the work.
    });
  }
}
