/** An object type whose keys that may be undefined are left out instead. */
type WithoutUndefined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K]
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Copies an object without the keys whose value is undefined, for types with optional keys. */
export function withoutUndefined<T extends object>(object: T): WithoutUndefined<T>
export function withoutUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
