import { builtServer, type Cluster, startCluster, until } from "../../../tests/support/api-server";

export { builtServer };

/** An object of the API, as far as the tests look at it. */
export interface Live {
  metadata: {
    name: string;
    uid: string;
    namespace?: string;
    deletionTimestamp?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: { manager: string; operation: string }[];
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  data?: Record<string, string>;
}

/** Collections in which the tests' objects are. */
const collections = [
  "/api/v1/serviceaccounts",
  ...["clusterroles", "clusterrolebindings", "roles", "rolebindings"].map(
    (kind) => `/apis/rbac.authorization.k8s.io/v1/${kind}`,
  ),
  ...["validatingadmissionpolicies", "validatingadmissionpolicybindings"].map(
    (kind) => `/apis/admissionregistration.k8s.io/v1/${kind}`,
  ),
  "/apis/batch/v1/cronjobs",
  "/apis/networking.k8s.io/v1/networkpolicies",
  "/apis/networking.k8s.io/v1/ingresses",
  "/apis/scheduling.k8s.io/v1/priorityclasses",
  "/apis/node.k8s.io/v1/runtimeclasses",
  "/api/v1/configmaps",
  "/api/v1/secrets",
  "/api/v1/services",
  "/api/v1/pods",
  "/api/v1/persistentvolumeclaims",
  "/api/v1/persistentvolumes",
  "/apis/apps/v1/deployments",
  "/apis/apps/v1/statefulsets",
  "/apis/apps/v1/daemonsets",
  "/apis/batch/v1/jobs",
  "/apis/storage.k8s.io/v1/storageclasses",
  "/apis/example.com/v1/widgets",
  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  "/api/v1/namespaces",
];

/**
 * A real API server and its store, without controllers: what those would do, the tests do. Only what is deleted goes
 * by itself, as with the garbage collector.
 */
export class Kubernetes {
  private constructor(private readonly cluster: Cluster) {}
  private collecting = true;

  /** @param built see `builtServer` */
  static async start(built: string): Promise<Kubernetes> {
    const kubernetes = new Kubernetes(await startCluster(built));
    void kubernetes.collect();
    return kubernetes;
  }

  stop(): void {
    this.collecting = false;
    this.cluster.stop();
  }

  /** A kubeconfig for it, or for a server at another address. */
  kubeconfig(server = this.cluster.server, namespace = "default"): string {
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "trial", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "trial", user: { token: this.cluster.token } }],
      contexts: [{ name: "trial", context: { cluster: "trial", user: "trial", namespace } }],
      "current-context": "trial",
    });
  }

  /** The object at a path of the API; undefined where there is none. */
  async find(path: string): Promise<Live | undefined> {
    const { status, body } = await this.cluster.ask("GET", path);
    return status === 200 ? (body as unknown as Live) : undefined;
  }

  /** @throws when it is not there */
  async get(path: string): Promise<Live> {
    const found = await this.find(path);
    if (found === undefined) throw new Error(`${path} is not there`);
    return found;
  }

  async appears(path: string): Promise<Live> {
    await until(async () => (await this.find(path)) !== undefined, 60_000);
    return this.get(path);
  }

  /** @throws when the server refuses it */
  async send(method: string, path: string, object?: object): Promise<void> {
    const { status, body } = await this.cluster.ask(method, path, object);
    if (status >= 300) throw new Error(`${method} ${path}: ${body.message ?? String(status)}`);
  }

  /** Changes an object as somebody else; again, where another writer was faster. */
  async edit(path: string, change: (object: Live) => void, manager = "somebody"): Promise<void> {
    await until(async () => {
      const object = await this.get(path);
      change(object);
      const { status, body } = await this.cluster.ask("PUT", `${path}?fieldManager=${manager}`, object);
      if (status >= 300 && status !== 409) throw new Error(`${path}: ${body.message ?? String(status)}`);
      return status < 300;
    }, 10_000);
  }

  /** Puts an object in place by server-side apply, as Pulumi's Kubernetes provider does. */
  async apply(path: string, object: object, manager: string): Promise<void> {
    const { status, body } = await this.cluster.ask("PATCH", `${path}?fieldManager=${manager}`, object, {
      "content-type": "application/apply-patch+yaml",
    });
    if (status >= 300) throw new Error(`${path}: ${body.message ?? String(status)}`);
  }

  /** Sets an object's status, as its controller would, and says that the present generation has been seen. */
  async report(path: string, status: Record<string, unknown>): Promise<void> {
    await this.appears(path);
    await until(async () => {
      const object = await this.get(path);
      const { generation } = object.metadata as { generation?: number };
      const counted = { ...(generation === undefined ? {} : { observedGeneration: generation }), ...status };
      const answer = await this.cluster.ask("PUT", `${path}/status`, { ...object, status: counted });
      if (answer.status >= 300 && answer.status !== 409)
        throw new Error(`${path}: ${answer.body.message ?? ""}`);
      return answer.status < 300;
    }, 10_000);
  }

  private async collect(): Promise<void> {
    while (this.collecting) {
      for (const collection of collections) {
        const { body } = await this.cluster.ask("GET", collection).catch(() => ({ body: {} }));
        const items = (body as { items?: Live[] }).items ?? [];
        for (const item of items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)) {
          await this.release(collection, item).catch(() => undefined);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  private async release(collection: string, item: Live): Promise<void> {
    const { name, namespace } = item.metadata;
    if (collection.endsWith("/namespaces")) {
      if (item.metadata.finalizers !== undefined) {
        const bare = { ...item, metadata: { ...item.metadata, finalizers: [] } };
        await this.send("PUT", `${collection}/${name}`, bare);
        return;
      }
      await this.send("PUT", `${collection}/${name}/finalize`, { ...item, spec: { finalizers: [] } });
      return;
    }
    const at = collection.lastIndexOf("/");
    const folder = namespace === undefined ? "" : `/namespaces/${namespace}`;
    const path = `${collection.slice(0, at)}${folder}${collection.slice(at)}/${name}`;
    await this.send("PUT", path, { ...item, metadata: { ...item.metadata, finalizers: [] } });
  }
}
