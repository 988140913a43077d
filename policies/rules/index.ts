/** The rules, in the order of the placement rule's own clauses. */
import type { Rule } from "../engine/verdicts";
import { databaseWithoutVolume } from "./database-without-volume";
import { engineVolume } from "./engine-volume";
import { embeddedMetadataDb } from "./embedded-metadata-db";
import { localPersistentVolume } from "./local-persistent-volume";
import { nodeLocalClaim } from "./node-local-claim";
import { operatorStorage } from "./operator-storage";
import { remoteSetup } from "./remote-setup";
import { writableHostPath } from "./writable-host-path";

export const rules: readonly Rule[] = [
  localPersistentVolume,
  nodeLocalClaim,
  operatorStorage,
  writableHostPath,
  engineVolume,
  databaseWithoutVolume,
  embeddedMetadataDb,
  remoteSetup,
];
