import { beginOnNode } from "./lab";

export interface Writer {
  /** Numbers of what was acknowledged, as the client noted them. */
  readonly acknowledged: () => number[];
  /** Ends it and waits for its last words. */
  readonly end: () => Promise<void>;
}

/**
 * A client on desktop that goes on until it is ended.
 * @param command for bash, without single quotes; prints the number of each thing when the server has acknowledged it.
 * @param input what it reads first: secrets come this way.
 * @param seconds when nobody ended it until then, it ends by itself
 */
export function writer(command: string, input: string, seconds = 60): Writer {
  let said = "";
  const loop = beginOnNode("desktop", `timeout ${seconds} bash -c '${command}'`);
  const ended = new Promise<void>((resolve) =>
    loop.once("close", () => {
      resolve();
    }),
  );
  loop.stdout.on("data", (data: Buffer) => (said += data.toString()));
  loop.stdin.end(input);
  return {
    // The last line may be cut off in the middle of a number.
    acknowledged: () => said.split("\n").slice(0, -1).map(Number),
    end: () => {
      loop.kill();
      return ended;
    },
  };
}
