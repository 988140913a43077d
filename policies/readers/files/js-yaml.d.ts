/** The part of js-yaml that is used here. */
declare module "js-yaml" {
  class Type {
    constructor(
      tag: string,
      options: {
        readonly kind: "scalar" | "sequence" | "mapping";
        readonly construct: (data: unknown) => unknown;
      },
    );
    readonly tag: string;
  }
  interface Schema {
    extend(types: { readonly implicit?: readonly Type[]; readonly explicit?: readonly Type[] }): Schema;
  }
  export { Type };
  export const CORE_SCHEMA: Schema;
  export const types: { readonly merge: Type };
  export function loadAll(text: string, iterator: undefined, options: { readonly schema: Schema }): unknown[];
}
