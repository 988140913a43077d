/** The part of js-yaml that is used here. */
declare module "js-yaml" {
  interface Type {
    readonly tag: string;
  }
  interface Schema {
    extend(types: { readonly implicit?: readonly Type[]; readonly explicit?: readonly Type[] }): Schema;
  }
  export const CORE_SCHEMA: Schema;
  export const types: { readonly merge: Type };
  export function loadAll(text: string, iterator: undefined, options: { readonly schema: Schema }): unknown[];
}
