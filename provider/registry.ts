import type { z } from "zod";
import type { Context, Foreseen, Handler } from "./handler";
import { contents as clusterContents } from "./handlers/kubernetes/contents";
import { contents } from "./handlers/minio/contents";
import { store } from "./handlers/minio/store";
import { database } from "./handlers/postgres/database";
import { extension } from "./handlers/postgres/extension";
import { grant } from "./handlers/postgres/grant";
import { migration } from "./handlers/postgres/migration";
import { role } from "./handlers/postgres/role";
import { host } from "./handlers/remote/host";
import { image } from "./handlers/remote/image";
import { release } from "./handlers/remote/release";
import { secret } from "./handlers/remote/secret";
import { secretFile } from "./handlers/remote/secret-file";
import { unit } from "./handlers/remote/unit";

/** A handler whose inputs have been checked by its own schema, so that one table can hold all kinds. */
export interface Kind {
  readonly type: string;
  readonly identity: readonly string[];
  readonly secretOutputs: readonly string[];
  check(raw: unknown): z.ZodSafeParseResult<object>;
  id(raw: unknown): string;
  drift(raw: unknown, ctx: Context, outputs: Record<string, unknown>): Promise<string[]>;
  readonly foreseesWithout: readonly string[];
  foresee(raw: unknown, ctx: Context, previous: unknown): Promise<Foreseen>;
  apply(
    raw: unknown,
    ctx: Context,
    previous: unknown,
    outputs: Record<string, unknown> | undefined,
  ): Promise<Record<string, unknown>>;
  remove(raw: unknown, ctx: Context): Promise<void>;
}

export function kindOf<I extends object>(handler: Handler<I>): Kind {
  const parse = (raw: unknown) => handler.inputs.parse(raw);
  return {
    type: handler.type,
    identity: handler.identity,
    secretOutputs: handler.secretOutputs ?? [],
    check: (raw) => handler.inputs.safeParse(raw),
    id: (raw) => handler.id(parse(raw)),
    drift: (raw, ctx, outputs) => handler.drift(parse(raw), ctx, outputs),
    foreseesWithout: handler.foreseesWithout ?? [],
    foresee: (raw, ctx, previous) =>
      handler.foresee?.(parse(raw), ctx, previous === undefined ? undefined : parse(previous)) ??
      Promise.resolve({ says: [], lacks: [], refuses: [] }),
    apply: (raw, ctx, previous, outputs) =>
      handler.apply(parse(raw), ctx, previous === undefined ? undefined : parse(previous), outputs),
    remove: (raw, ctx) => handler.remove(parse(raw), ctx),
  };
}

/** Every kind of resource that this provider has. */
export const kinds: ReadonlyMap<string, Kind> = new Map(
  [
    kindOf(unit),
    kindOf(image),
    kindOf(host),
    kindOf(secret),
    kindOf(secretFile),
    kindOf(release),
    kindOf(store),
    kindOf(contents),
    kindOf(clusterContents),
    kindOf(role),
    kindOf(database),
    kindOf(extension),
    kindOf(grant),
    kindOf(migration),
  ].map((kind) => [kind.type, kind]),
);
