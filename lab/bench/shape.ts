/** Mode of a file for which none is given. */
export const fileMode = "0644";

export interface EndFile {
  readonly path: string;
  readonly content: string;
  /** Octal. */
  readonly mode: string;
}

/** A systemd service with what it needs on the machine. */
export interface EndUnit {
  readonly service: string;
  /** `systemctl enable` is needed. */
  readonly enable: boolean;
  /** By what a change of the file asks of the service. */
  readonly files: Readonly<Record<"restart" | "reload" | "nothing", readonly EndFile[]>>;
  readonly directories: readonly { readonly path: string; readonly mode: string }[];
  /** The command for a reload. */
  readonly reload: readonly string[];
  /** Directories of data. */
  readonly keeps: readonly string[];
}

/** What storage is to be like, in the plain values that every tool of the bench is given. Holds passwords. */
export interface EndState {
  /** In the order in which they start. */
  readonly units: readonly EndUnit[];
  readonly images: readonly { readonly reference: string; readonly containerfile: string }[];
  /** podman's secrets. */
  readonly secrets: readonly { readonly name: string; readonly value: string }[];
  readonly postgres: {
    readonly port: number;
    /** The superuser's. */
    readonly password: string;
    readonly roles: readonly {
      readonly name: string;
      readonly password: string;
      readonly superuser: boolean;
      readonly createDatabase: boolean;
      readonly createRole: boolean;
    }[];
    readonly databases: readonly {
      readonly name: string;
      readonly owner: string;
      readonly connect: readonly string[];
      readonly extensions: readonly string[];
    }[];
  };
  readonly minio: {
    /** Of the S3 API. */
    readonly port: number;
    readonly buckets: readonly { readonly name: string; readonly versioned: boolean }[];
    /** Each with its policy. */
    readonly users: readonly {
      readonly name: string;
      readonly secret: string;
      readonly policy: string;
      /** The policy as JSON. */
      readonly document: string;
    }[];
  };
}
