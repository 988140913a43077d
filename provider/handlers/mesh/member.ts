import { RemoteError } from "../../../packages/errors";
import {
  askMember,
  headscaleKey,
  isStranger,
  joinMesh,
  knownKeys,
  memberDifferences,
  memberSchema,
  wrongAddress,
  type MemberSpec,
  type SeenMember,
} from "../../../remote/mesh-member";
import type { Context, Handler } from "../../handler";

/** How long a tailscaled that has just been started may take to hear from its coordination server, seconds. */
const settle = 15;

const look = async (inputs: MemberSpec, seconds: number, ctx: Context) => {
  const { coordinator } = inputs;
  const [seen, known] = await Promise.all([
    askMember(inputs, seconds, ctx.signal),
    coordinator === undefined ? undefined : knownKeys(coordinator, ctx.signal),
  ]);
  return { seen, known, ...memberDifferences(inputs, seen, Date.now(), known) };
};

/** homelab:mesh:Member */
export const member: Handler<MemberSpec> = {
  type: "homelab:mesh:Member",
  inputs: memberSchema,
  replaceOn: [],
  id: ({ connection }) => `${connection.node}/mesh`,
  async drift(inputs, ctx) {
    const { seen, join, set, unknown } = await look(inputs, 0, ctx);
    const address = seen?.backend === "Running" ? wrongAddress(inputs, seen.addresses) : undefined;
    return [...join, ...set, ...unknown, ...(address === undefined ? [] : [address])];
  },
  planIgnores: ["authKey"],
  plan({ coordinator, authKey, connection }, _ctx, previous) {
    const without = coordinator === undefined && authKey === "" && previous === undefined;
    return Promise.resolve({
      ...{ notes: [], unmet: [] },
      errors: without
        ? [
            `homelab:mesh.authKey is missing on ${connection.node}: it must be an auth key or the secret of an OAuth client, set by \`pulumi config set --secret --path homelab:mesh.authKey\`.`,
          ]
        : [],
    });
  },
  async apply(inputs, ctx, _previous, outputs) {
    const { node } = inputs.connection;
    const first = await look(inputs, settle, ctx);
    let { seen, join, set, unknown } = first;
    if (unknown.length > 0 && join.length === 0) {
      if (outputs === undefined)
        throw new RemoteError(`${unknown.join(" ")} Look there with \`journalctl -u tailscale\`.`);
      // Nothing that runs needs the coordination server; when it is back, so is the node.
      for (const sentence of unknown) ctx.log.warn(sentence);
      return outputs;
    }
    const identity = outputs?.identity;
    if (
      join.length > 0 &&
      seen !== undefined &&
      (!sameServer(inputs, seen) || isStranger(seen, first.known))
    ) {
      // What it was known by is nothing to another server, or to one that has lost its data.
    } else if (join.length > 0 && typeof identity === "string" && identity !== "") {
      await joinMesh(inputs, { verb: "restore", identity }, ctx.signal);
      ({ seen, join, set, unknown } = await look(inputs, settle, ctx));
      if (join.length === 0) ctx.log.info(`${node} is in the mesh again, as the member that it was.`);
    }
    if (join.length > 0) {
      await joinMesh(inputs, { verb: "join", key: await keyFor(inputs, ctx) }, ctx.signal);
      ({ seen, join, set, unknown } = await look(inputs, settle, ctx));
    }
    if (set.length > 0) {
      await joinMesh(inputs, { verb: "set" }, ctx.signal);
      ({ seen, join, set, unknown } = await look(inputs, settle, ctx));
    }
    const wrong = [...join, ...set, ...unknown];
    if (wrong.length > 0 || seen === undefined) throw new RemoteError(wrong.join(" "));
    // The house asks for it there: whatever waits for an answer would wait in vain.
    const address = wrongAddress(inputs, seen.addresses);
    if (address !== undefined) throw new RemoteError(address);
    return { addresses: seen.addresses, identity: seen.identity };
  },
  remove({ connection: { node } }, ctx) {
    ctx.log.warn(
      `${node} stays a member of the mesh until its entry is removed: with headscale by \`podman exec headscale headscale nodes delete\` on storage, with Tailscale's service in its admin console.`,
    );
    return Promise.resolve();
  },
  secretOutputs: ["identity"],
};

const sameServer = ({ server }: MemberSpec, seen: SeenMember) =>
  server === "" || seen.server === server || seen.backend === "NeedsLogin";

async function keyFor(inputs: MemberSpec, ctx: Context): Promise<string> {
  const { coordinator, authKey, connection } = inputs;
  if (coordinator === undefined) {
    if (authKey !== "") return authKey;
    throw new RemoteError(
      `${connection.node} must join the mesh anew, and homelab:mesh.authKey is empty: set it by \`pulumi config set --secret --path homelab:mesh.authKey\`.`,
    );
  }
  const { key, removed } = await headscaleKey(coordinator, inputs, ctx.signal);
  for (const address of removed)
    ctx.log.info(`The former entry of ${connection.node} in headscale, ${address}, was removed.`);
  return key;
}
