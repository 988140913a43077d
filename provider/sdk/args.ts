import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

/** What may be anything is left as it is. */
type Anything = z.core.util.JSONType;

/** A value that may be known only while the program runs, as a whole or in parts. */
type Late<T> = pulumi.Input<Anything extends T ? T : { readonly [K in keyof T]: Late<T[K]> }>;

type Given<T, LateKey> = Anything extends T
  ? T
  : { readonly [K in keyof T]: K extends LateKey ? Late<T[K]> : Given<T[K], LateKey> };

/**
 * The arguments of a resource, from the schema that its handler checks them with: each field has the documentation of the
 * schema's key. Schemas are imported as types only, so that a program loads neither them nor what their files import.
 *
 * @typeParam LateKey keys, at any depth, whose values may be outputs.
 */
export type Args<Schema extends z.ZodType, LateKey extends string = never> = Given<z.input<Schema>, LateKey>;
