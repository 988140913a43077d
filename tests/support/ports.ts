import { createServer } from "node:net";
import { reachable } from "../../remote/reachable";

/** A free port on loopback. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/** Whether something listens on a loopback port. */
export const listens = (port: number): Promise<boolean> => reachable("127.0.0.1", port);

/** Waits until something listens on a loopback port. @throws after the given number of seconds */
export async function listening(port: number, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await listens(port))) {
    if (Date.now() > end) throw new Error(`nothing listens on port ${port} after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
