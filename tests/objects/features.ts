import type { Feature } from "./asking";
import { ofAccess } from "./features/access";
import { ofObjects } from "./features/objects";
import { ofVersions } from "./features/versions";

/** What the house and its consumers need of S3, in the order of the table in docs/components/object-store.md. */
export const features: readonly Feature[] = [...ofObjects, ...ofVersions, ...ofAccess];
