import { storeMarks, type StoreName, type StoreThing } from "../../../remote/store-marks";
import type { Context, Handler } from "../../handler";
import { storeSchema, type StoreInputs } from "./inputs";

/** Everything that is declared, with the name under which it is adopted: a policy goes with its user. */
function declared({ buckets, users }: StoreInputs): Map<StoreName, string> {
  return new Map<StoreName, string>([
    ...Object.keys(buckets).map((bucket) => [`bucket/${bucket}`, bucket] as const),
    ...Object.entries(users).flatMap(
      ([user, { policyName }]) =>
        [
          [`user/${user}`, user],
          [`policy/${policyName}`, user],
        ] as const,
    ),
  ]);
}

const spoken = (name: StoreName, { connection }: StoreInputs) =>
  `the ${name.replace("/", " ")} on ${connection.node}`;

function ask(verb: "look" | "mark", inputs: StoreInputs, { signal }: Context): Promise<StoreThing[]> {
  const { connection, dataDirectory } = inputs;
  if (dataDirectory === undefined) throw new Error("A store's dataDirectory must be given.");
  return storeMarks(connection, verb, dataDirectory, [...declared(inputs).keys()], signal);
}

/** What is there and neither the state's nor marked: adopted, or a sentence that refuses it. */
function foreign(inputs: StoreInputs, previous: StoreInputs | undefined, things: readonly StoreThing[]) {
  const known = previous === undefined ? new Map<StoreName, string>() : declared(previous);
  const adoptAs = declared(inputs);
  const theirs = things.filter(({ name, there, marked }) => there && !marked && !known.has(name));
  const adopted = theirs.filter(({ name }) => inputs.adopt.includes(adoptAs.get(name) ?? ""));
  const refused = theirs.filter((thing) => !adopted.includes(thing));
  return {
    adopted: adopted.map(({ name }) => spoken(name, inputs)),
    refused: refused.map(
      ({ name }) =>
        `${spoken(name, inputs)} is somebody else's: neither this stack's state nor a mark on the node says that this ` +
        `program made it, so nothing of it was changed. To have it taken over, with all that it has, add ` +
        `${adoptAs.get(name) ?? ""} to homelab:minio.adopt; otherwise declare another name; then run this again.`,
    ),
  };
}

/** homelab:minio:Store: before anything is made in it, whether it may be. The marks are a file on the node. */
export const store: Handler<StoreInputs> = {
  type: "homelab:minio:Store",
  inputs: storeSchema,
  // By another address of the node it is the same one.
  replaceOn: [],
  id: ({ connection, endpoint }) => `${connection.node}/${endpoint}`,

  async drift(inputs, ctx) {
    return (await ask("look", inputs, ctx))
      .filter(({ marked }) => !marked)
      .map(({ name }) => `${spoken(name, inputs)} bears no mark of this program yet.`);
  },

  async plan(inputs, ctx, previous) {
    const { adopted, refused } = foreign(inputs, previous, await ask("look", inputs, ctx));
    return {
      notes: adopted.map((what) => `${what} would be taken over from whoever made it.`),
      unmet: [],
      errors: refused,
    };
  },

  async apply(inputs, ctx, previous) {
    const { refused } = foreign(inputs, previous, await ask("look", inputs, ctx));
    if (refused.length > 0) throw new Error(refused.join("\n"));
    // Before they are made, so that a run which is killed in between finds them as its own.
    await ask("mark", inputs, ctx);
    return {};
  },

  /** Buckets, users and policies are taken away, or kept, by the resources that made them. */
  remove: () => Promise.resolve(),
};
