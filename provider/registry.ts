import type { z } from "zod";
import type { Context, PlannedChange, Handler } from "./handler";
import { contents as clusterContents } from "./handlers/kubernetes/contents";
import { member } from "./handlers/mesh/member";
import { policyPart } from "./handlers/mesh/policy-part";
import { contents } from "./handlers/minio/contents";
import { store } from "./handlers/minio/store";
import { queues } from "./handlers/nats/queues";
import { database } from "./handlers/postgres/database";
import { extension } from "./handlers/postgres/extension";
import { grant } from "./handlers/postgres/grant";
import { migration } from "./handlers/postgres/migration";
import { role } from "./handlers/postgres/role";
import { jobs } from "./handlers/prefect/jobs";
import { schema } from "./handlers/postgres/schema";
import { host } from "./handlers/remote/host";
import { image } from "./handlers/remote/image";
import { release } from "./handlers/remote/release";
import { secret } from "./handlers/remote/secret";
import { secretFile } from "./handlers/remote/secret-file";
import { unit } from "./handlers/remote/unit";
import { contents as seaweedContents } from "./handlers/seaweedfs/contents";

/** A handler whose inputs have been checked by its own schema, so that one table can hold all kinds. */
export interface ResourceType {
  readonly type: string;
  readonly replaceOn: readonly string[];
  readonly secretOutputs: readonly string[];
  check(raw: unknown): z.ZodSafeParseResult<object>;
  id(raw: unknown): string;
  drift(raw: unknown, ctx: Context, outputs: Record<string, unknown>): Promise<string[]>;
  readonly planIgnores: readonly string[];
  plan(raw: unknown, ctx: Context, previous: unknown): Promise<PlannedChange>;
  apply(
    raw: unknown,
    ctx: Context,
    previous: unknown,
    outputs: Record<string, unknown> | undefined,
  ): Promise<Record<string, unknown>>;
  remove(raw: unknown, ctx: Context): Promise<void>;
}

export function resourceType<I extends object>(handler: Handler<I>): ResourceType {
  const parse = (raw: unknown) => handler.inputs.parse(raw);
  return {
    type: handler.type,
    replaceOn: handler.replaceOn,
    secretOutputs: handler.secretOutputs ?? [],
    check: (raw) => handler.inputs.safeParse(raw),
    id: (raw) => handler.id(parse(raw)),
    drift: (raw, ctx, outputs) => handler.drift(parse(raw), ctx, outputs),
    planIgnores: handler.planIgnores ?? [],
    plan: (raw, ctx, previous) =>
      handler.plan?.(parse(raw), ctx, previous === undefined ? undefined : parse(previous)) ??
      Promise.resolve({ notes: [], unmet: [], errors: [] }),
    apply: (raw, ctx, previous, outputs) =>
      handler.apply(parse(raw), ctx, previous === undefined ? undefined : parse(previous), outputs),
    remove: (raw, ctx) => handler.remove(parse(raw), ctx),
  };
}

/** Every kind of resource that this provider has. */
export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map(
  [
    resourceType(unit),
    resourceType(image),
    resourceType(host),
    resourceType(secret),
    resourceType(secretFile),
    resourceType(release),
    resourceType(store),
    resourceType(contents),
    resourceType(seaweedContents),
    resourceType(clusterContents),
    resourceType(queues),
    resourceType(role),
    resourceType(database),
    resourceType(extension),
    resourceType(schema),
    resourceType(grant),
    resourceType(migration),
    resourceType(jobs),
    resourceType(member),
    resourceType(policyPart),
  ].map((type) => [type.type, type]),
);
