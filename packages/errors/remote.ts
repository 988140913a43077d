/** The node did not answer: it is off, or the network between is down. Its message is one sentence for people. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The node answered and said no, or what ran on it failed. Its message is written for people and holds no secret. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
}
